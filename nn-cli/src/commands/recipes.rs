//! `nn recipes`: the recipes that come with the program.

use crate::args;
use crate::error::{Error, Result};
use crate::output::print;
use crate::recipe::{self, Overrides, READY};
use crate::view::style::Style;
use crate::view::table::{Align, Table};
use nn_layers::spec::nearest;

/// Lists the ready recipes, or prints one.
///
/// # Errors
/// If there is none of that name.
pub fn recipes(args: &args::Recipes) -> Result<()> {
    if let Some(name) = &args.name {
        let Some(ready) = READY.iter().find(|ready| ready.name == name) else {
            let hint = match nearest(name, READY.iter().map(|ready| ready.name)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "`nn recipes` lists them".to_string(),
            };
            return Err(Error::input(format!(
                "there is no ready recipe \"{name}\"; {hint}"
            )));
        };
        return print(ready.text);
    }
    let mut table = Table::new([("recipe", Align::Left), ("what it does", Align::Left)]);
    for ready in READY {
        let recipe = recipe::load(Some(ready.name), &Overrides::default())?;
        table.row([Style::stdout().bold(ready.name), recipe.description]);
    }
    print(&format!(
        "{}\nnn train NAME trains one; nn recipes NAME prints it, to start one of your own.\n",
        table.render()
    ))
}
