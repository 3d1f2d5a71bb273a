//! From a file, a name and the options of the command line to a recipe that has been checked.

use std::path::{Path, PathBuf};

use super::node::{Node, Origin, Value};
use super::problem::{Problem, What};
use super::read::read;
use super::{LARGEST_SEED, Loss, Optimizer, Recipe, Schedule, nearest, network, ready};

/// What the command line changes about a recipe.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Each `--set`, as written.
    pub set: Vec<String>,
    /// `--data`
    pub data: Option<String>,
    /// `--seed`
    pub seed: Option<u64>,
    /// `--threads`
    pub threads: Option<u16>,
}

/// Reads a recipe: a file, the name of a ready one, or the default one.
///
/// # Errors
/// If there is no such recipe, or something in it is wrong: where, what, and what was perhaps meant.
pub fn load(recipe: Option<&str>, overrides: &Overrides) -> Result<Recipe, Problem> {
    let name = recipe.unwrap_or("digits");
    let path = Path::new(name);
    if let Some(ready) = ready::READY
        .iter()
        .find(|ready| ready.name == name && !path.is_file())
    {
        let file = PathBuf::from(format!("recipes/{name}.toml"));
        return parse(&file, ready.text, Path::new(""), overrides);
    }
    let problem = |what: String| Problem::new(What::Other(what)).in_file(path);
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| problem("not a text file; a recipe is TOML in UTF-8".into()))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let hint = match nearest(name, ready::READY.iter().map(|ready| ready.name)) {
                Some(ready) => format!("did you mean \"{ready}\"?"),
                None => "give a recipe file, or one of the names that `nn recipes` lists".into(),
            };
            return Err(problem(format!(
                "there is no such file and no ready recipe of that name; {hint}"
            )));
        }
        Err(e) if path.is_dir() => {
            return Err(problem(format!(
                "this is a folder, not a recipe file ({e})"
            )));
        }
        Err(e) => return Err(problem(format!("the recipe cannot be read: {e}"))),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(path, &text, folder, overrides)
}

/// Reads the recipe of a run folder.
///
/// # Errors
/// If it is missing or damaged.
pub fn resolved(path: &Path) -> Result<Recipe, Problem> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Problem::new(What::Other(format!("the run's recipe cannot be read: {e}"))).in_file(path)
    })?;
    parse(
        path,
        &text,
        path.parent().unwrap_or(Path::new("")),
        &Overrides::default(),
    )
}

/// Parses and checks a recipe; `folder` is what its paths are relative to.
pub(super) fn parse(
    file: &Path,
    text: &str,
    folder: &Path,
    overrides: &Overrides,
) -> Result<Recipe, Problem> {
    let mut node = Node::parse(file, text)?;
    make_paths_absolute(&mut node, folder);
    for argument in &overrides.set {
        node.set(argument)?;
    }
    let mut option = |keys: &[&str], value: Value, text: String| {
        let origin = Origin::Option(text);
        node.put(
            keys,
            Node {
                value,
                origin: origin.clone(),
            },
            &origin,
        )
    };
    if let Some(data) = &overrides.data {
        option(
            &["data", "source"],
            Value::String(data.clone()),
            format!("--data {data}"),
        )?;
    }
    if let Some(seed) = overrides.seed {
        let value = Value::Integer(i64::try_from(seed).unwrap_or(-1));
        option(&["seed"], value, format!("--seed {seed}"))?;
    }
    if let Some(threads) = overrides.threads {
        option(
            &["threads"],
            Value::Integer(threads.into()),
            format!("--threads {threads}"),
        )?;
    }
    network::write_out_layers(&mut node).map_err(|problem| problem.in_file(file))?;
    let mut recipe: Recipe = read(&node).map_err(|problem| problem.in_file(file))?;
    if recipe.name.is_empty() {
        recipe.name = file
            .file_stem()
            .map_or_else(|| "run".into(), |stem| stem.to_string_lossy().into_owned());
    }
    check(&recipe, &node).map_err(|problem| problem.in_file(file))?;
    Ok(recipe)
}

/// Paths in a recipe are relative to its file, so that it can be called from anywhere.
fn make_paths_absolute(recipe: &mut Node, folder: &Path) {
    let place = [("data", "source"), ("data", "labels"), ("network", "init")];
    for (table, key) in place {
        let Value::Table(tables) = &mut recipe.value else {
            return;
        };
        let Some(Value::Table(entries)) = tables
            .iter_mut()
            .find(|entry| entry.key == table)
            .map(|entry| &mut entry.node.value)
        else {
            continue;
        };
        for entry in entries.iter_mut().filter(|entry| entry.key == key) {
            if let Value::String(text) = &mut entry.node.value {
                let path = folder.join(&*text);
                // An embedded set is a name, not a path, unless there is such a file.
                if !folder.as_os_str().is_empty()
                    && (key != "source" || path.exists() || text.contains(['/', '.']))
                {
                    *text = path.to_string_lossy().into_owned();
                }
            }
        }
    }
}

/// Ranges that the types do not express.
fn check(recipe: &Recipe, node: &Node) -> Result<(), Problem> {
    let rule = |holds: bool, keys: [&str; 2], got: f64, expected: &str| {
        if holds {
            Ok(())
        } else {
            Err(out_of_range(node, &keys, got, expected))
        }
    };
    if recipe.seed > LARGEST_SEED {
        return Err(out_of_range(
            node,
            &["seed"],
            recipe.seed as f64,
            "a whole number below 2^63",
        ));
    }
    if recipe.threads > 1024 {
        return Err(out_of_range(
            node,
            &["threads"],
            recipe.threads as f64,
            "at most 1024",
        ));
    }
    let name = &recipe.name;
    if name.contains(['/', '\\']) || name.starts_with('.') || name.chars().any(char::is_control) {
        let problem = format!(
            "the name \"{}\" cannot be the name of a folder; use letters, digits, - and _",
            name.escape_debug()
        );
        return Err(Problem::new(What::Other(problem)).at(place(node, &["name"])));
    }
    let share = |value: f64| (0.0..1.0).contains(&value);
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let not_negative = |value: f64| value >= 0.0 && value.is_finite();

    let data = &recipe.data;
    rule(
        share(data.validation),
        ["data", "validation"],
        data.validation,
        "a share from 0 to below 1",
    )?;
    rule(
        share(data.test),
        ["data", "test"],
        data.test,
        "a share from 0 to below 1",
    )?;
    rule(
        data.validation + data.test < 1.0,
        ["data", "test"],
        data.test,
        "less than what validation leaves",
    )?;
    rule(data.limit != Some(0), ["data", "limit"], 0.0, "at least 1")?;

    let (table, train) = ("train", &recipe.train);
    rule(train.epochs > 0, [table, "epochs"], 0.0, "at least 1")?;
    rule(
        train.clip_norm.is_none_or(positive),
        [table, "clip_norm"],
        train.clip_norm.unwrap_or(0.0),
        "above 0",
    )?;
    rule(
        train.clip_value.is_none_or(positive),
        [table, "clip_value"],
        train.clip_value.unwrap_or(0.0),
        "above 0",
    )?;
    rule(
        not_negative(train.l1),
        [table, "l1"],
        train.l1,
        "0 or above",
    )?;
    rule(
        not_negative(train.l2),
        [table, "l2"],
        train.l2,
        "0 or above",
    )?;

    let (table, stop) = ("stop", &recipe.stop);
    rule(stop.steps != Some(0), [table, "steps"], 0.0, "at least 1")?;
    rule(
        stop.patience != Some(0),
        [table, "patience"],
        0.0,
        "at least 1",
    )?;
    rule(
        not_negative(stop.min_delta),
        [table, "min_delta"],
        stop.min_delta,
        "0 or above",
    )?;

    let table = "optimizer";
    let rate = recipe.optimizer.learning_rate();
    rule(positive(rate), [table, "learning_rate"], rate, "above 0")?;
    match recipe.optimizer {
        Optimizer::Sgd {
            momentum,
            weight_decay,
            nesterov,
            ..
        } => {
            rule(
                share(momentum),
                [table, "momentum"],
                momentum,
                "from 0 to below 1",
            )?;
            rule(
                !nesterov || momentum > 0.0,
                [table, "momentum"],
                momentum,
                "above 0 with nesterov = true",
            )?;
            rule(
                not_negative(weight_decay),
                [table, "weight_decay"],
                weight_decay,
                "0 or above",
            )?;
        }
        Optimizer::Adagrad {
            eps, weight_decay, ..
        } => {
            rule(positive(eps), [table, "eps"], eps, "above 0")?;
            rule(
                not_negative(weight_decay),
                [table, "weight_decay"],
                weight_decay,
                "0 or above",
            )?;
        }
        Optimizer::Rmsprop {
            alpha,
            eps,
            momentum,
            weight_decay,
            ..
        } => {
            rule(share(alpha), [table, "alpha"], alpha, "from 0 to below 1")?;
            rule(positive(eps), [table, "eps"], eps, "above 0")?;
            rule(
                share(momentum),
                [table, "momentum"],
                momentum,
                "from 0 to below 1",
            )?;
            rule(
                not_negative(weight_decay),
                [table, "weight_decay"],
                weight_decay,
                "0 or above",
            )?;
        }
        Optimizer::Adam {
            beta1,
            beta2,
            eps,
            weight_decay,
            ..
        }
        | Optimizer::Adamw {
            beta1,
            beta2,
            eps,
            weight_decay,
            ..
        } => {
            rule(share(beta1), [table, "beta1"], beta1, "from 0 to below 1")?;
            rule(share(beta2), [table, "beta2"], beta2, "from 0 to below 1")?;
            rule(positive(eps), [table, "eps"], eps, "above 0")?;
            rule(
                not_negative(weight_decay),
                [table, "weight_decay"],
                weight_decay,
                "0 or above",
            )?;
        }
    }

    let table = "schedule";
    match recipe.schedule {
        Schedule::Constant { warmup } => rule(
            share(warmup),
            [table, "warmup"],
            warmup,
            "a share from 0 to below 1",
        )?,
        Schedule::Step {
            epochs,
            factor,
            warmup,
        } => {
            rule(epochs > 0, [table, "epochs"], 0.0, "at least 1")?;
            rule(positive(factor), [table, "factor"], factor, "above 0")?;
            rule(
                share(warmup),
                [table, "warmup"],
                warmup,
                "a share from 0 to below 1",
            )?;
        }
        Schedule::Exponential { factor, warmup } => {
            rule(positive(factor), [table, "factor"], factor, "above 0")?;
            rule(
                share(warmup),
                [table, "warmup"],
                warmup,
                "a share from 0 to below 1",
            )?;
        }
        Schedule::Cosine { end, warmup } | Schedule::Linear { end, warmup } => {
            rule(
                (0.0..=1.0).contains(&end),
                [table, "end"],
                end,
                "a share from 0 to 1",
            )?;
            rule(
                share(warmup),
                [table, "warmup"],
                warmup,
                "a share from 0 to below 1",
            )?;
        }
        Schedule::OneCycle { rise } => rule(
            rise > 0.0 && rise < 1.0,
            [table, "rise"],
            rise,
            "a share between 0 and 1",
        )?,
        Schedule::Plateau { patience, factor } => {
            rule(patience > 0, [table, "patience"], 0.0, "at least 1")?;
            rule(
                factor > 0.0 && factor < 1.0,
                [table, "factor"],
                factor,
                "between 0 and 1",
            )?;
        }
    }

    let table = "loss";
    match &recipe.loss {
        Loss::CrossEntropy {
            label_smoothing,
            class_weights,
        } => {
            rule(
                share(*label_smoothing),
                [table, "label_smoothing"],
                *label_smoothing,
                "a share from 0 to below 1",
            )?;
            let wrong = class_weights
                .iter()
                .copied()
                .find(|&weight| !not_negative(weight));
            rule(
                wrong.is_none(),
                [table, "class_weights"],
                wrong.unwrap_or(0.0),
                "a list of numbers from 0",
            )?;
        }
        Loss::BinaryCrossEntropy { positive_weight } => {
            rule(
                positive(*positive_weight),
                [table, "positive_weight"],
                *positive_weight,
                "above 0",
            )?;
        }
        Loss::Hinge { margin } => rule(
            not_negative(*margin),
            [table, "margin"],
            *margin,
            "0 or above",
        )?,
        Loss::Huber { delta } => rule(positive(*delta), [table, "delta"], *delta, "above 0")?,
        Loss::Nll | Loss::Mse | Loss::Mae => {}
    }
    if recipe.network.layers.is_empty() {
        let problem = "the network has no layers; write for example layers = [\"linear 64\", \"relu\", \"linear 10\"]";
        return Err(
            Problem::new(What::Other(problem.into())).at(place(node, &["network", "layers"]))
        );
    }
    Ok(())
}

/// Where the value that `keys` lead to was written.
fn place(node: &Node, keys: &[&str]) -> Option<Origin> {
    keys.iter()
        .try_fold(node, |node, key| node.get(key))
        .map(|node| node.origin.clone())
}

fn out_of_range(node: &Node, keys: &[&str], got: f64, expected: &str) -> Problem {
    let what = What::WrongValue {
        got: format!("{got:?}").trim_end_matches(".0").into(),
        expected: expected.into(),
    };
    keys.iter()
        .rev()
        .fold(Problem::new(what).at(place(node, keys)), |problem, key| {
            problem.under(*key)
        })
}
