use std::path::Path;

use super::load::{Overrides, parse};
use nn_optim::OptimizerSpec;

use super::train::BatchSize;
use super::{READY, Recipe};

const GOOD: &str = r#"
name = "small"

[data]
source = "iris"

[network]
layers = [
    "linear 16",
    { type = "relu" },
    "linear 3",
]

[optimizer]
type = "adam"
learning_rate = 0.01

[train]
epochs = 3
"#;

fn load(text: &str, set: &[&str]) -> Result<Recipe, String> {
    let overrides = Overrides {
        set: set.iter().map(|s| s.to_string()).collect(),
        ..Overrides::default()
    };
    parse(Path::new("my/r.toml"), text, Path::new(""), &overrides)
        .map_err(|problem| problem.to_string())
}

fn message(find: &str, replace: &str) -> String {
    assert!(GOOD.contains(find), "{find}");
    load(&GOOD.replace(find, replace), &[]).expect_err("must be refused")
}

#[test]
fn a_good_recipe_is_read_and_what_is_written_reads_the_same() {
    let recipe = load(GOOD, &[]).expect("good");
    assert_eq!(
        (
            recipe.seed,
            recipe.train.epochs,
            recipe.network.layers.len()
        ),
        (1, 3, 3)
    );
    let written = toml::to_string(&recipe).expect("can be written");
    assert_eq!(load(&written, &[]).expect("resolved"), recipe, "{written}");
}

#[test]
fn misspelt_keys_are_refused_with_line_and_suggestion() {
    assert_eq!(
        message("learning_rate = 0.01", "learning_rat = 0.01"),
        "my/r.toml:16: unknown key \"learning_rat\" in [optimizer]; did you mean \"learning_rate\"?"
    );
    assert_eq!(
        message("epochs = 3", "epoch = 3"),
        "my/r.toml:19: unknown key \"epoch\" in [train]; did you mean \"epochs\"?"
    );
    assert_eq!(
        message("[train]", "[tran]"),
        "my/r.toml:18: unknown key \"tran\" at the top of the recipe; did you mean \"train\"?"
    );
    let text = message("epochs = 3", "colour = 3");
    assert!(
        text.starts_with(
            "my/r.toml:19: unknown key \"colour\" in [train]; the keys are epochs, batch_size"
        ),
        "{text}"
    );
}

#[test]
fn unknown_types_are_refused_with_line_and_suggestion() {
    assert_eq!(
        message("type = \"adam\"", "type = \"adamm\""),
        "my/r.toml:15: unknown optimizer type \"adamm\"; did you mean \"adam\"?"
    );
    let text = message("{ type = \"relu\" }", "{ type = \"rely\" }");
    assert_eq!(
        text,
        "my/r.toml:10: unknown layer \"rely\": did you mean \"relu\"?"
    );
    let text = message("\"linear 16\"", "\"liner 16\"");
    assert!(
        text.starts_with("my/r.toml:9: unknown layer \"liner\": did you mean \"linear\"?"),
        "{text}"
    );
}

#[test]
fn wrong_types_are_refused_with_line() {
    assert_eq!(
        message("epochs = 3", "epochs = \"three\""),
        "my/r.toml:19: \"epochs\" in [train] must be a whole number from 0, not the text \"three\""
    );
    assert_eq!(
        message("epochs = 3", "epochs = 2.5"),
        "my/r.toml:19: \"epochs\" in [train] must be a whole number from 0, not the number 2.5"
    );
    assert_eq!(
        message("learning_rate = 0.01", "learning_rate = \"fast\""),
        "my/r.toml:16: \"learning_rate\" in [optimizer] must be a number, not the text \"fast\""
    );
    assert_eq!(
        message("[data]\nsource = \"iris\"", "data = 3"),
        "my/r.toml:4: \"data\" at the top of the recipe must be a table, not the whole number 3"
    );
    let text = message("epochs = 3", "batch_size = 0");
    assert_eq!(
        text,
        "my/r.toml:19: \"batch_size\" in [train] must be a whole number from 1, or \"full\", not the whole number 0"
    );
}

#[test]
fn values_out_of_range_are_refused_with_line() {
    assert_eq!(
        message("learning_rate = 0.01", "learning_rate = -1"),
        "my/r.toml:16: [optimizer] adam: lr is -1, it must be a finite number, not negative"
    );
    assert_eq!(
        message("source = \"iris\"", "source = \"iris\"\nvalidation = 1.5"),
        "my/r.toml:6: \"validation\" in [data] must be a share from 0 to below 1, not 1.5"
    );
    for name in ["../up", ".hidden", "a/b"] {
        assert!(
            message("\"small\"", &format!("\"{name}\"")).contains("cannot be the name of a folder")
        );
    }
}

#[test]
fn missing_keys_and_bad_toml_are_named() {
    assert_eq!(
        message("source = \"iris\"", ""),
        "my/r.toml:4: \"source\" is missing in [data]"
    );
    let text = message("epochs = 3", "epochs = = 3");
    assert!(text.starts_with("my/r.toml:19: not valid TOML: "), "{text}");
    assert!(!text.contains('\n'), "{text}");
    let text = load("", &[]).expect_err("empty");
    assert_eq!(
        text,
        "my/r.toml:1: \"data\" is missing at the top of the recipe"
    );
}

#[test]
fn overrides_are_typed_and_named() {
    let set = [
        "train.epochs=7",
        "optimizer.type=sgd",
        "network.layers.0.units=5",
        "train.batch_size=full",
        "name=a b",
    ];
    let recipe = load(GOOD, &set).map_err(|text| text.contains("network.layers.0"));
    // The first layer is written in words, so its keys cannot be reached: said, not ignored.
    assert_eq!(recipe.err(), Some(true));
    let recipe = load(
        GOOD,
        &[
            "train.epochs=7",
            "optimizer.type=sgd",
            "train.batch_size=full",
            "name=a b",
            "network.layers.0=linear 5",
        ],
    );
    let recipe = recipe.expect("good");
    assert_eq!(
        (
            recipe.train.epochs,
            recipe.train.batch_size,
            recipe.name.as_str()
        ),
        (7, BatchSize::Full, "a b")
    );
    assert!(matches!(&recipe.optimizer, OptimizerSpec::Sgd(sgd) if sgd.lr == 0.01));
    for (set, text) in [
        (
            "train.epoch=7",
            "--set train.epoch=7: unknown key \"epoch\" in [train]; did you mean \"epochs\"?",
        ),
        (
            "train.epochs=x",
            "--set train.epochs=x: \"epochs\" in [train] must be a whole number from 0, not the text \"x\"",
        ),
        (
            "train.epochs",
            "--set train.epochs: expected KEY=VALUE, for example --set train.epochs=5",
        ),
        (
            "train.epochs.x=1",
            "--set train.epochs.x=1: \"x\" cannot be set: what stands before it is a plain value, not a table",
        ),
        (
            "network.layers.9=relu",
            "--set network.layers.9=relu: \"9\" must be a place in a list of 3, counted from 0",
        ),
        (
            "train.epochs=0",
            "--set train.epochs=0: \"epochs\" in [train] must be at least 1, not 0",
        ),
    ] {
        assert_eq!(load(GOOD, &[set]).expect_err("must be refused"), text);
    }
}

#[test]
fn ready_recipes_are_good() {
    for ready in READY {
        let recipe = load(ready.text, &[]).unwrap_or_else(|text| panic!("{}: {text}", ready.name));
        assert!(
            !recipe.description.is_empty(),
            "{} has no description",
            ready.name
        );
    }
}

#[test]
fn the_reference_of_all_keys_is_a_recipe() {
    let text = include_str!("../../../recipes/README.md");
    let (_, rest) = text.split_once("```toml\n").expect("a block of TOML");
    let (block, _) = rest.split_once("```").expect("its end");
    let recipe = load(block, &[]).expect("every key is right");
    // Every key that a recipe can have is there: what is written out has no other.
    let shown: toml::Table = block.parse().expect("TOML");
    let written: toml::Table = toml::to_string(&recipe)
        .expect("written")
        .parse()
        .expect("TOML");
    for (table, value) in &written {
        let shown = shown
            .get(table)
            .unwrap_or_else(|| panic!("{table} is not explained"));
        let (Some(shown), Some(value)) = (shown.as_table(), value.as_table()) else {
            continue;
        };
        // The settings of losses, optimizers and schedules are those of the libraries.
        if !["loss", "optimizer", "schedule"].contains(&table.as_str()) {
            for key in value.keys() {
                assert!(shown.contains_key(key), "[{table}] {key} is not explained");
            }
        }
    }
}

/// What is said of `steps = [...]`, which stands in line 8 and following.
fn steps(list: &str) -> Result<Recipe, String> {
    let text = format!("[augment]\nsteps = [\n{list}\n]\n\n[network]");
    load(&GOOD.replace("[network]", &text), &[])
}

#[test]
fn augmentation_is_a_list_of_steps_in_words_or_tables() {
    use nn_data::transform::augment::{Augment, Edge, Extent, Fill, Spread};
    let recipe = steps(
        "\"crop padding=4 fill=reflect\", \"flip\", \"rotate 15\",\n{ type = \"cutout\", size = 8 }, { type = \"zoom\", scale = [0.9, 1.5] }, \"mixup 0.2\"",
    )
    .expect("good");
    let [
        crop,
        Augment::Flip(flip),
        Augment::Rotate(rotate),
        Augment::Cutout(cutout),
        zoom,
        Augment::Mixup(mixup),
    ] = &recipe.augment.steps[..]
    else {
        panic!("{:?}", recipe.augment)
    };
    assert!(matches!(crop, Augment::Crop(crop)
        if crop.padding == Extent::Both(4) && crop.fill == Fill::Own(Edge::Reflect)));
    assert!(matches!(zoom, Augment::Zoom(zoom) if zoom.scale == Spread::Between([0.9, 1.5])));
    assert_eq!((flip.p, rotate.p, mixup.alpha), (0.5, 1.0, 0.2));
    assert_eq!(
        (rotate.degrees, cutout.size),
        (Spread::About(15.0), Extent::Both(8))
    );
    let written = toml::to_string(&recipe).expect("can be written");
    assert!(written.contains("type = \"cutout\""), "{written}");
    assert_eq!(load(&written, &[]).expect("resolved"), recipe, "{written}");
}

#[test]
fn wrong_steps_of_augmentation_are_refused_with_line_and_suggestion() {
    for (list, text) in [
        (
            "\"flip\",\n\"rotat 15\"",
            "my/r.toml:10: unknown augment type \"rotat\"; did you mean \"rotate\"?",
        ),
        (
            "\"flip\",\n{ type = \"cutot\", size = 3 }",
            "my/r.toml:10: unknown augment type \"cutot\"; did you mean \"cutout\"?",
        ),
        (
            "\"flip\",\n\n{ type = \"cutout\", siez = 3 }",
            "my/r.toml:11: unknown key \"siez\" in [augment.steps.1]; did you mean \"size\"?",
        ),
        (
            "\"crop paddin=3\"",
            "my/r.toml:9: unknown key \"paddin\" in [augment.steps.0]; did you mean \"padding\"?",
        ),
        (
            "\"rotate\"",
            "my/r.toml:9: \"degrees\" is missing in [augment.steps.0]",
        ),
        (
            "\"flip p=often\"",
            "my/r.toml:9: \"p\" in [augment.steps.0] must be a number, not the text \"often\"",
        ),
        (
            "\"flip\", \"\"",
            "my/r.toml:9: a step of [augment] is empty; write for example \"crop padding=4\" or \"flip\"",
        ),
        (
            "\"crop 4\",\n\"flip 2\"",
            "my/r.toml:10: [augment] flip: p must be from 0 to 1, not 2",
        ),
        (
            "\"rotate 15 fill=128\"",
            "my/r.toml:9: [augment] rotate: fill must be from 0 (black) to 1 (white), not 128",
        ),
        (
            "\"rotate 15 fill=green\"",
            "my/r.toml:9: fill must be a number from 0 (black) to 1 (white), a list of these, one for each channel, \"edge\" or \"reflect\"",
        ),
    ] {
        assert_eq!(steps(list).expect_err(list), text);
    }
    let text = load(
        &GOOD.replace("[network]", "[augment]\nshift = 1\n\n[network]"),
        &[],
    );
    assert_eq!(
        text.expect_err("of before"),
        "my/r.toml:8: unknown key \"shift\" in [augment]; the keys are steps"
    );
    let text = load(GOOD, &["augment.steps=[\"flp\"]"]).expect_err("misspelt");
    assert_eq!(
        text,
        "--set augment.steps=[\"flp\"]: unknown augment type \"flp\"; did you mean \"flip\"?"
    );
}

#[test]
fn a_preset_stands_for_layers() {
    let preset = |name: &str| {
        let layers =
            &GOOD[GOOD.find("layers").expect("there")..GOOD.find("[optimizer]").expect("there")];
        GOOD.replace(layers, &format!("preset = \"{name}\"\n\n"))
    };
    let recipe = load(&preset("resnet20"), &[]).expect("good");
    let written = toml::to_string(&recipe).expect("can be written");
    assert!(written.contains("preset = \"resnet20\""), "{written}");
    assert_eq!(load(&written, &[]).expect("resolved"), recipe);
    assert_eq!(
        load(&preset("resnet21"), &[]).expect_err("unknown"),
        "my/r.toml:8: unknown network preset \"resnet21\"; did you mean \"resnet20\"?"
    );
    assert_eq!(
        message("layers = [", "preset = \"lenet5\"\nlayers = ["),
        "my/r.toml:8: the network has a preset and layers; a preset is a whole network, take one of them out"
    );
}

#[test]
fn the_network_written_out_in_the_reference_is_the_preset() {
    let text = include_str!("../../../docs/recipes.md");
    let (_, rest) = text.split_once("<summary>ResNet-20").expect("a heading");
    let (_, rest) = rest.split_once("```toml\n").expect("a block of TOML");
    let (block, _) = rest.split_once("```").expect("its end");
    let recipe =
        |network: &str| load(&format!("data.source = \"iris\"\n{network}"), &[]).expect("a recipe");
    let sample = nn_core::Shape::from([3, 32, 32]);
    let build = |network: &str| {
        let spec = recipe(network).network.spec(&sample, 10).expect("fits");
        let network = spec.build(&sample, 7, nn_core::DType::F32);
        (spec, network.expect("can be built"))
    };
    let (written, by_layers) = build(block);
    let (named, by_name) = build("[network]\npreset = \"resnet20\"");
    assert_eq!(written, named);
    use nn_core::Parameters;
    for ((name, ours), (other, theirs)) in by_layers.state().iter().zip(by_name.state()) {
        assert_eq!(*name, other);
        let same = ours.to_vec::<f32>().ok() == theirs.to_vec::<f32>().ok();
        assert!(same, "{name}");
    }
}

#[test]
fn words_are_written_out_inside_of_layers_too() {
    let layers = r#"{ type = "parallel", branches = [["linear 4", "relu"], ["linear 2 bias=false"]] },
    { type = "residual", branch = [{ type = "sequential", layers = ["linear 6"] }], shortcut = ["linear 6"] },
    { type = "dense_block", layers = ["linear 3"], repeat = 2 },
    "linear 3","#;
    let recipe = load(&GOOD.replace("\"linear 3\",", layers), &[]).expect("good");
    let sample = nn_core::Shape::from([4]);
    let spec = recipe.network.spec(&sample, 3).expect("fits");
    let network = spec.build(&sample, 1, nn_core::DType::F32).expect("fits");
    assert_eq!(network.network_spec().expect("described"), spec);
    let wrong = GOOD.replace(
        "\"linear 3\",",
        "{ type = \"residual\", branch = [\"liner 3\"] },",
    );
    let text = load(&wrong, &[]).expect_err("a slip");
    assert_eq!(
        text,
        "my/r.toml:11: layer \"residual\": unknown layer \"liner\": did you mean \"linear\"?"
    );
}

/// What is said of `[preprocess] steps = [...]`, which stands in line 8 and following.
fn preparation(list: &str) -> Result<Recipe, String> {
    let text = format!("[preprocess]\nsteps = [\n{list}\n]\n\n[network]");
    load(&GOOD.replace("[network]", &text), &[])
}

#[test]
fn preparation_is_a_list_of_steps_in_words_or_tables() {
    use nn_data::transform::{Components, Norm, Over, PcaOptions, Preparation, Strategy, Typical};
    let recipe = preparation(
        "\"impute median indicator\", \"standard\", \"pca 50 whiten epsilon=0.1\",\n\"pca 0.9\", \"impute 0\", \"normalize l1\", { type = \"mean\", over = \"channel\" }",
    )
    .expect("good");
    let median = Preparation::Impute {
        strategy: Strategy::Of(Typical::Median),
        indicator: true,
    };
    let share = PcaOptions {
        components: Some(Components::Variance(0.9)),
        ..PcaOptions::default()
    };
    let expected = [
        median,
        Preparation::standard(),
        Preparation::Pca(PcaOptions::count(50).whitened(0.1)),
        Preparation::Pca(share),
        Preparation::impute(Strategy::Constant(0.0)),
        Preparation::Normalize { norm: Norm::L1 },
        Preparation::Mean {
            over: Over::Channel,
        },
    ];
    assert_eq!(recipe.preprocess.steps, expected);
    let written = toml::to_string(&recipe).expect("can be written");
    assert_eq!(load(&written, &[]).expect("resolved"), recipe, "{written}");
}

#[test]
fn wrong_steps_of_preparation_are_refused_with_line_and_suggestion() {
    for (list, text) in [
        (
            "\"standrd\"",
            "my/r.toml:9: unknown preprocess type \"standrd\"; did you mean \"standard\"?",
        ),
        (
            "\"standard\",\n\"pca 50 whitn\"",
            "my/r.toml:10: unknown key \"whitn\" in [preprocess.steps.1]; did you mean \"whiten\"?",
        ),
        (
            "\"pca many\"",
            "my/r.toml:9: components must be a number of components (50) or a share of the variance (0.95)",
        ),
        (
            "\"impute middle\"",
            "strategy must be \"mean\", \"median\", \"most_frequent\" or a number",
        ),
        (
            "\"standard\",\n\"pca 0\"",
            "my/r.toml:10: [preprocess] pca: components must be at least 1",
        ),
        (
            "\"local_contrast 8\"",
            "my/r.toml:9: [preprocess] local_contrast: window must be odd, from 3 to 255, not 8",
        ),
        (
            "\"\"",
            "my/r.toml:9: a step of [preprocess] is empty; write for example \"standard\" or \"pca 50 whiten\"",
        ),
    ] {
        let message = preparation(list).expect_err(list);
        assert!(message.contains(text), "{message}");
    }
    let both = "[preprocess]\nscale = \"pixels\"\nsteps = [\"standard\"]\n\n[network]";
    let message = load(&GOOD.replace("[network]", both), &[]).expect_err("two ways");
    assert!(
        message.starts_with("my/r.toml:8: [preprocess] scale and steps both say"),
        "{message}"
    );
}
