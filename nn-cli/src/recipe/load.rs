//! From a file, a name and the options of the command line to a recipe that has been checked.

use std::path::{Path, PathBuf};

use nn_data::dataset::Missing;
use nn_layers::Loss;
use nn_layers::loss::Reduction;
use nn_layers::spec::nearest;
use nn_optim::schedule::Time;

use super::node::{Entry, Node, Origin, Value};
use super::problem::{Problem, What};
use super::read::read;
use super::{LARGEST_SEED, Recipe, augment, network, preprocess, ready};

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

/// A recipe for looking at data alone: all samples of `source` to learn from, and nothing said about augmentation.
///
/// # Errors
/// If an override is wrong.
pub fn for_data(source: &str, overrides: &Overrides) -> Result<Recipe, Problem> {
    const TEXT: &str = "name = \"data\"\n[data]\nsource = \"\"\nvalidation = 0.0\ntest = 0.0\n[network]\nlayers = [\"identity\"]\n";
    let overrides = Overrides {
        data: Some(source.into()),
        ..overrides.clone()
    };
    parse(Path::new(source), TEXT, Path::new(""), &overrides)
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
    use_long_names(&mut node);
    for argument in &overrides.set {
        // Both names of the rate mean one key, which must not then be there twice.
        match argument.strip_prefix("optimizer.lr=") {
            Some(rate) => node.set_as(&format!("optimizer.learning_rate={rate}"), argument)?,
            None => node.set(argument)?,
        }
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
    name_types(&mut node);
    network::write_out_layers(&mut node).map_err(|problem| problem.in_file(file))?;
    augment::write_out_steps(&mut node).map_err(|problem| problem.in_file(file))?;
    preprocess::write_out_steps(&mut node).map_err(|problem| problem.in_file(file))?;
    let mut recipe: Recipe = read(&node).map_err(|problem| problem.in_file(file))?;
    recipe.file = file.to_path_buf();
    if recipe.name.is_empty() {
        recipe.name = file
            .file_stem()
            .map_or_else(|| "run".into(), |stem| stem.to_string_lossy().into_owned());
    }
    if recipe.preprocess.fills_missing() {
        recipe.data.missing.get_or_insert(Missing::Keep);
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

/// A table of settings that does not say for what is about the default: cross-entropy, and Adam.
fn name_types(recipe: &mut Node) {
    let Value::Table(tables) = &mut recipe.value else {
        return;
    };
    for (name, default) in [("loss", "cross_entropy"), ("optimizer", "adam")] {
        for table in tables.iter_mut().filter(|table| table.key == name) {
            let origin = table.origin.clone();
            let Value::Table(entries) = &mut table.node.value else {
                continue;
            };
            if !entries.iter().any(|entry| entry.key == "type") {
                let node = Node {
                    value: Value::String(default.into()),
                    origin: origin.clone(),
                };
                entries.push(Entry {
                    key: "type".into(),
                    origin,
                    node,
                });
            }
        }
    }
}

/// `lr` in a recipe is `learning_rate`.
fn use_long_names(recipe: &mut Node) {
    let Value::Table(tables) = &mut recipe.value else {
        return;
    };
    for table in tables.iter_mut().filter(|table| table.key == "optimizer") {
        let Value::Table(entries) = &mut table.node.value else {
            continue;
        };
        if entries.iter().any(|entry| entry.key == "learning_rate") {
            continue;
        }
        for entry in entries.iter_mut().filter(|entry| entry.key == "lr") {
            entry.key = "learning_rate".into();
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
    if let Some((key, got, expected)) = data.out_of_range() {
        return Err(out_of_range(node, &["data", key], got, expected));
    }

    let refused = |table: &str, key: &str, problem: &str| {
        let place = place(node, &[table, key]).or_else(|| place(node, &[table]));
        Err(Problem::new(What::Other(format!("[{table}] {problem}"))).at(place))
    };
    if let Some((key, problem)) = data.split_problem() {
        return refused("data", key, problem);
    }
    if let Some((key, problem)) = recipe.balance.problem() {
        return refused("balance", key, &problem);
    }
    if let Some((key, problem)) = recipe.threshold.problem() {
        return refused("threshold", key, &problem);
    }

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

    for (key, value) in [
        ("baseline", recipe.diagnose.baseline),
        ("target_gap", recipe.diagnose.target_gap),
    ] {
        rule(
            value.is_none_or(|value| (0.0..=1.0).contains(&value)),
            ["diagnose", key],
            value.unwrap_or(0.0),
            "a share from 0 to 1 (2 % is 0.02)",
        )?;
    }

    recipe.augment.check(node)?;
    recipe.preprocess.check(node)?;
    let section = |table: &str, problem: String| Err(in_section(node, table, problem));
    if let Err(e) = recipe.optimizer.build() {
        return section("optimizer", e.to_string());
    }
    // Lengths that were left out are filled in from the data; any will do to check the rest.
    if let Err(e) = recipe
        .schedule
        .resolve(Time {
            epoch: 1000,
            step: 100_000,
        })
        .build()
    {
        return section("schedule", e.to_string());
    }
    if reduction(&recipe.loss) != Reduction::Mean {
        return section(
            "loss",
            "reduction must be \"mean\", so that batches of all sizes count alike".into(),
        );
    }
    if matches!(recipe.loss, Loss::KlDivergence(_)) {
        return section("loss", "kl_divergence compares distributions, which no data set of a recipe has; use cross_entropy".into());
    }
    let network = &recipe.network;
    let problem = match (network.preset, network.layers.is_empty()) {
        (Some(_), false) => {
            "the network has a preset and layers; a preset is a whole network, take one of them out"
        }
        (None, true) => {
            "the network has no layers; write for example layers = [\"linear 64\", \"relu\", \"linear 10\"], or preset = \"resnet20\""
        }
        _ => return Ok(()),
    };
    let key = network.preset.map_or("layers", |_| "preset");
    let place = place(node, &["network", key]).or_else(|| place(node, &["network"]));
    Err(Problem::new(What::Other(problem.into())).at(place))
}

/// A problem that a library found with a table's settings, placed at the key that it names.
fn in_section(node: &Node, table: &str, problem: String) -> Problem {
    let section = node.get(table);
    let entries = section.and_then(Node::entries).unwrap_or_default();
    let words: Vec<&str> = problem
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    // The library knows the rate by its short name.
    let named = entries.iter().find(|entry| {
        let key = if entry.key == "learning_rate" {
            "lr"
        } else {
            &entry.key
        };
        key != "type" && words.contains(&key)
    });
    let origin = named
        .map(|entry| entry.node.origin.clone())
        .or_else(|| section.map(|section| section.origin.clone()));
    Problem::new(What::Other(format!("[{table}] {problem}"))).at(origin)
}

/// How a loss makes one number of many.
fn reduction(loss: &Loss) -> Reduction {
    match loss {
        Loss::Mse(loss) => loss.reduction,
        Loss::Mae(loss) => loss.reduction,
        Loss::Huber(loss) => loss.reduction,
        Loss::BinaryCrossEntropy(loss) => loss.reduction,
        Loss::CrossEntropy(loss) => loss.reduction,
        Loss::Focal(loss) => loss.reduction,
        Loss::BinaryFocal(loss) => loss.reduction,
        Loss::Nll(loss) => loss.reduction,
        Loss::Hinge(loss) => loss.reduction,
        Loss::MultiClassHinge(loss) => loss.reduction,
        Loss::KlDivergence(_) => Reduction::Mean,
    }
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
