//! The `nn` command: train, judge and use neural networks.
#![forbid(unsafe_code)]

mod args;
mod augment;
mod balance;
mod commands;
mod curve;
mod environment;
mod error;
mod evaluate;
mod fetch;
mod interrupt;
mod logged;
mod model;
mod opened;
mod output;
mod picture;
mod recipe;
mod run;
mod samples;
mod threshold;
mod view;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;
use error::{Error, exit};

fn main() -> ExitCode {
    // A panic is a mistake of this program; it must not look like one of the user's.
    std::panic::set_hook(Box::new(|about| {
        let place = about
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        eprintln!(
            "error: a mistake in nn itself at {place}; please report it with the command you typed"
        );
    }));
    let outcome = std::panic::catch_unwind(|| {
        let cli = Cli::parse();
        match &cli.command {
            Command::Train(args) => commands::train::train(args),
            Command::Eval(args) => commands::eval::eval(args),
            Command::Diagnose(args) => commands::diagnose::diagnose(args),
            Command::Predict(args) => commands::predict::predict(args),
            Command::Report(args) => commands::report::report(args),
            Command::Inspect(args) => commands::inspect::inspect(args),
            Command::Explain(args) => commands::explain::explain(args),
            Command::Filter(args) => commands::filter::filter(args),
            Command::Export(args) => commands::export::export(args),
            Command::Recipes(args) => commands::recipes::recipes(args),
            Command::Data(args) => commands::data::data(args),
        }
    });
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            let style = view::style::Style::stderr();
            match &error {
                Error::Interrupted { run, .. } => {
                    eprintln!("{}\njudge it with: nn eval {}", error.line(), run.display());
                }
                _ => eprintln!("{} {}", style.bad("error:"), error.line()),
            }
            ExitCode::from(error.code())
        }
        Err(_) => ExitCode::from(exit::FAILED),
    }
}
