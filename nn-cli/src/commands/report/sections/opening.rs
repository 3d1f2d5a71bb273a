//! The headline: how good the network is, and what that means.

use crate::commands::report::judged::{Classes, Judged, Scores, Values};
use crate::commands::report::material::Material;
use crate::view::number::{duration, grouped, percent, short};
use crate::view::page::{Page, Tile, escape, name};

/// The page with its head and without its sections.
pub fn page(material: &Material) -> Page {
    let header = &material.model.plan.header;
    let mut page = Page {
        title: format!("{} · nn report", header.name),
        kicker: kicker(material),
        notes: material
            .problems
            .iter()
            .map(|problem| escape(problem))
            .collect(),
        footer: format!(
            "Written by nn {}. One file, no network, no script.",
            env!("CARGO_PKG_VERSION")
        ),
        ..Page::default()
    };
    match &material.judged {
        Some(judged) => match &judged.scores {
            Scores::Classes(classes) => of_classes(&mut page, judged, classes),
            Scores::Values(values) => of_values(&mut page, judged, values),
        },
        None => {
            page.headline = format!("The run {}", header.name);
            page.lead.push("There is no data to judge it on; what it wrote down while it learned is shown below.".into());
        }
    }
    if header.epochs > 0.0 {
        let seconds = material
            .log
            .end
            .as_ref()
            .and_then(|end| end.get("seconds")?.as_f64());
        page.tiles.push(Tile {
            name: "trained for".into(),
            value: format!("{} epochs", crate::view::number::plain(header.epochs)),
            note: seconds.map_or(String::new(), |s| {
                duration(std::time::Duration::from_secs_f64(s.clamp(0.0, 1e10)))
            }),
        });
    }
    page
}

fn kicker(material: &Material) -> String {
    let name = &material.model.plan.header.name;
    match material
        .recipe
        .as_ref()
        .map(|recipe| recipe.description.as_str())
    {
        Some(description) if !description.is_empty() => format!("{name} · {description}"),
        _ => name.clone(),
    }
}

fn of_classes(page: &mut Page, judged: &Judged, classes: &Classes) {
    let accuracy = classes.report.accuracy;
    let (samples, wrong) = (classes.confusion.total(), classes.wrong());
    let (most, baseline) = classes.majority;
    let most = name(classes.names.get(most).map_or("?", String::as_str));
    let of = escape(&judged.of);
    if classes.is_skewed() && classes.names.len() == 2 && classes.positive != classes.majority.0 {
        let positive = &classes.report.classes[classes.positive];
        page.headline = format!("F1 {:.2} on the rare class {}", positive.f1, positive.name);
        page.lead.push(format!(
            "Of the {} samples of {} in {of} it finds {} (recall), and when it says {}, it is right {} of the time (precision).",
            grouped(positive.support), name(&positive.name), percent(positive.recall), name(&positive.name), percent(positive.precision),
        ));
        page.lead.push(format!(
            "Accuracy misleads here: it is {}, but always answering {most} is right on {} without having learned anything. Look at F1 and at the precision–recall curve.",
            percent(accuracy), percent(baseline),
        ));
    } else {
        page.headline = format!("Right on {} of {}", percent(accuracy), judged.of);
        let one_in = match wrong {
            0 => "wrong on none".to_string(),
            _ if 2 * wrong > samples => format!("wrong on {}", grouped(wrong)),
            _ => format!(
                "wrong on {}, about one in {}",
                grouped(wrong),
                grouped((samples as f64 / wrong as f64).round() as u64)
            ),
        };
        page.lead.push(format!(
            "Of {} samples of {of} it gets {} right: {one_in}. Always answering {most}, the most frequent class, would be right on {}.",
            grouped(samples), grouped(samples - wrong), percent(baseline),
        ));
        if classes.is_skewed() {
            page.lead.push(format!(
                "Accuracy misleads here: {} of the samples are {most}. Look at the recall of the other classes.",
                percent(baseline),
            ));
        }
        if let Some(worse) = nothing_learned(accuracy, baseline) {
            page.lead.push(worse.into());
        }
    }
    let interval = classes.interval.map_or(String::new(), |interval| {
        format!(
            " · 95 % interval {:.1} to {:.1} %",
            100.0 * interval.low,
            100.0 * interval.high
        )
    });
    page.tiles.push(Tile {
        name: "accuracy".into(),
        value: percent(accuracy),
        note: format!("baseline {}{interval}", percent(baseline)),
    });
    page.tiles.push(Tile {
        name: "F1, mean of classes".into(),
        value: format!("{:.3}", classes.report.macro_mean.f1),
        note: format!("baseline {:.3}, 1 is perfect", classes.prior.0),
    });
    if classes.names.len() == 2 {
        let positive = &classes.report.classes[classes.positive];
        page.tiles.push(Tile {
            name: format!("F1 of {}", positive.name),
            value: format!("{:.3}", positive.f1),
            note: format!(
                "precision {:.3}, recall {:.3}",
                positive.precision, positive.recall
            ),
        });
    }
    if let Some((k, share)) = classes.top {
        page.tiles.push(Tile {
            name: format!("among the first {k}"),
            value: percent(share),
            note: "the truth is one of its likeliest".into(),
        });
    }
    if let Some(loss) = classes.log_loss {
        page.tiles.push(Tile {
            name: "log loss".into(),
            value: short(loss),
            note: format!("the shares of the classes give {}", short(classes.prior.1)),
        });
    }
}

fn nothing_learned(accuracy: f64, baseline: f64) -> Option<&'static str> {
    (accuracy <= baseline)
        .then_some("It does no better than that: it has not learned to tell the classes apart yet.")
}

fn of_values(page: &mut Page, judged: &Judged, values: &Values) {
    let of = escape(&judged.of);
    let (scores, baseline) = (&values.scores[0], &values.baseline[0]);
    let what = values.names.first().map_or("the value", String::as_str);
    if values.names.len() > 1 {
        let mean = values.scores.iter().map(|s| s.r2).sum::<f64>() / values.scores.len() as f64;
        page.headline = format!("R² {mean:.2} over {} values", values.names.len());
        page.lead.push(format!("The mean over what it predicts of {of}; each value has its row below. The numbers beside this line are of {}.", name(what)));
    } else if scores.r2 > 0.0 {
        page.headline = format!(
            "Explains {:.0} % of the variance of {what}",
            100.0 * scores.r2
        );
    } else {
        page.headline = format!("Does no better on {what} than its mean");
    }
    page.lead.push(format!(
        "On {} samples of {of} it is off by {} on average. Always saying the mean would be off by {}.",
        grouped(values.samples() as u64), short(scores.mae), short(baseline.mae),
    ));
    for (title, value, note) in [
        (
            "R²",
            short(scores.r2),
            "1 is perfect, 0 as good as the mean".to_string(),
        ),
        (
            "mean error (MAE)",
            short(scores.mae),
            format!("baseline {}", short(baseline.mae)),
        ),
        (
            "RMSE",
            short(scores.rmse),
            format!("baseline {}", short(baseline.rmse)),
        ),
    ] {
        page.tiles.push(Tile {
            name: title.into(),
            value,
            note,
        });
    }
}
