//! A page: one HTML file with everything in it, that opens from disk and needs no network and no script.

mod html;
mod sheet;
#[cfg(test)]
pub mod tests;

use std::fmt::Write;

use super::figure::{Figure, palette};
use html::picture;
pub use html::{Cell, Table, escape, name};
pub use sheet::{Tile as Thumbnail, drawn, pictures, sheet};

const STYLE: &str = include_str!("style.css");

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the window's title.
    pub title: String,
    /// A line above the headline: what this is about.
    pub kicker: String,
    /// The headline.
    pub headline: String,
    /// What it means, a paragraph each, HTML.
    pub lead: Vec<String>,
    /// Numbers to remember.
    pub tiles: Vec<Tile>,
    /// What is missing or looks wrong, each a sentence, HTML.
    pub notes: Vec<String>,
    /// What follows.
    pub sections: Vec<Section>,
    /// At the end, HTML.
    pub footer: String,
}

/// A number to remember.
#[derive(Clone, Debug)]
pub struct Tile {
    /// What it is.
    pub name: String,
    /// How much.
    pub value: String,
    /// What to compare it with; may be empty.
    pub note: String,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name in links.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What it shows.
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph, HTML.
    Text(String),
    /// A figure, and in plain words what to see on it and what good would look like.
    Figure(Box<Figure>, String),
    /// A table.
    Table(Table),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Text as it is, in a typewriter's letters.
    Code(String),
    /// HTML of another sort.
    Html(String),
    /// Hidden until asked for.
    Fold(String, Vec<Block>),
}

impl Block {
    /// A figure with its words.
    pub fn figure(figure: Figure, words: impl Into<String>) -> Block {
        Block::Figure(Box::new(figure), words.into())
    }
}

impl Page {
    /// All figures in order.
    pub fn figures(&self) -> Vec<&Figure> {
        fn collect<'a>(blocks: &'a [Block], all: &mut Vec<&'a Figure>) {
            for block in blocks {
                match block {
                    Block::Figure(figure, _) => all.push(figure),
                    Block::Fold(_, blocks) => collect(blocks, all),
                    _ => {}
                }
            }
        }
        let mut all = Vec::new();
        self.sections
            .iter()
            .for_each(|section| collect(&section.blocks, &mut all));
        all
    }

    /// The file.
    pub fn html(&self) -> String {
        let mut text = String::with_capacity(1 << 18);
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        write!(
            text,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{}\n{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n",
            escape(&self.title),
            palette::css(":root"),
        )?;
        writeln!(
            text,
            "<header>\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>",
            name(&self.kicker),
            escape(&self.headline)
        )?;
        self.lead
            .iter()
            .try_for_each(|lead| writeln!(text, "<p class=\"lead\">{lead}</p>"))?;
        if !self.tiles.is_empty() {
            text.push_str("<dl class=\"tiles\">");
            for tile in &self.tiles {
                let note = if tile.note.is_empty() {
                    String::new()
                } else {
                    format!("<dd class=\"note\">{}</dd>", escape(&tile.note))
                };
                write!(
                    text,
                    "<div><dt>{}</dt><dd class=\"value\">{}</dd>{note}</div>",
                    escape(&tile.name),
                    escape(&tile.value)
                )?;
            }
            text.push_str("</dl>\n");
        }
        if !self.notes.is_empty() {
            text.push_str("<aside class=\"notes\" aria-label=\"Notes\"><ul>");
            self.notes
                .iter()
                .try_for_each(|note| write!(text, "<li>{note}</li>"))?;
            text.push_str("</ul></aside>\n");
        }
        text.push_str("</header>\n<nav aria-label=\"On this page\"><ul>");
        for section in &self.sections {
            write!(
                text,
                "<li><a href=\"#{}\">{}</a></li>",
                section.id,
                escape(&section.title)
            )?;
        }
        text.push_str("</ul></nav>\n<main id=\"main\">\n");
        for Section { id, title, blocks } in &self.sections {
            write!(
                text,
                "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{}</h2>\n",
                escape(title)
            )?;
            write_blocks(text, blocks)?;
            text.push_str("</section>\n");
        }
        write!(
            text,
            "</main>\n<footer>{}</footer>\n</body>\n</html>\n",
            self.footer
        )
    }
}

fn write_blocks(text: &mut String, blocks: &[Block]) -> std::fmt::Result {
    let mut in_grid = false;
    for block in blocks {
        let figure = matches!(block, Block::Figure(..));
        if figure != in_grid {
            text.push_str(if figure {
                "<div class=\"grid\">\n"
            } else {
                "</div>\n"
            });
            in_grid = figure;
        }
        write_block(text, block)?;
    }
    if in_grid {
        text.push_str("</div>\n");
    }
    Ok(())
}

fn write_block(text: &mut String, block: &Block) -> std::fmt::Result {
    match block {
        Block::Text(words) => writeln!(text, "<p>{words}</p>"),
        Block::Figure(figure, words) => {
            // Sections have names of their own.
            let id = format!("figure-{}", escape(&figure.name));
            // What is wider than a phone scrolls inside its frame, and must then be reachable by keyboard.
            let wide = matches!(figure.plot, super::figure::Plot::Matrix(_));
            let frame = if wide {
                format!(
                    "<div class=\"scroll wide\" style=\"--natural:{:.0}px\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">",
                    figure.width(),
                    escape(&figure.title)
                )
            } else {
                "<div class=\"plot\">".to_string()
            };
            // A matrix of many classes needs the whole width.
            let full = if wide && figure.width() > 480.0 {
                " class=\"full\""
            } else {
                ""
            };
            writeln!(
                text,
                "<figure id=\"{id}\"{full}><h3>{}</h3>{frame}{}</div><figcaption>{words}</figcaption></figure>",
                escape(&figure.title),
                figure.inline_svg(&id),
            )
        }
        Block::Table(table) => writeln!(text, "{}", table.html()),
        Block::Facts(facts) => {
            text.push_str("<dl class=\"facts\">");
            for (key, value) in facts {
                write!(
                    text,
                    "<div><dt>{}</dt><dd>{}</dd></div>",
                    escape(key),
                    name(value)
                )?;
            }
            text.push_str("</dl>\n");
            Ok(())
        }
        Block::Code(code) => writeln!(
            text,
            "<pre tabindex=\"0\"><code>{}</code></pre>",
            escape(code)
        ),
        Block::Html(html) => writeln!(text, "{html}"),
        Block::Fold(summary, blocks) => {
            writeln!(text, "<details><summary>{}</summary>", escape(summary))?;
            write_blocks(text, blocks)?;
            text.push_str("</details>\n");
            Ok(())
        }
    }
}
