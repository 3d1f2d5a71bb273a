//! Descriptions of optimizers, schedules and rules as a recipe writes them.

use nn_optim::schedule::{
    Cosine, Linear, OneCycle, Per, ScheduleSpec, StepDecay, Time, WarmupSpec,
};
use nn_optim::*;

fn refuse<T: serde::de::DeserializeOwned>(json: &str, says: &str) {
    let error = serde_json::from_str::<T>(json)
        .err()
        .expect(json)
        .to_string();
    assert!(error.contains(says), "{json}: {error}");
}

#[test]
fn unknown_keys_and_types_are_refused() {
    refuse::<OptimizerSpec>(
        r#"{"type": "adam", "learnig_rate": 1}"#,
        "unknown field `learnig_rate`",
    );
    refuse::<OptimizerSpec>(
        r#"{"type": "adagrad", "momentum": 1}"#,
        "unknown field `momentum`",
    );
    refuse::<OptimizerSpec>(
        r#"{"type": "sgdm"}"#,
        "unknown variant `sgdm`, expected one of `sgd`",
    );
    refuse::<OptimizerSpec>(r#"{"lr": 0.1}"#, "missing field `type`");
    refuse::<OptimizerSpec>(r#"{"type": "sgd", "lr": "fast"}"#, "invalid type: string");
    refuse::<OptimizerSpec>(
        r#"{"type": "sgd", "groups": [{"param": ["a"]}]}"#,
        "unknown field `param`",
    );
    refuse::<ScheduleSpec>(
        r#"{"type": "constant", "gamma": 1}"#,
        "unknown field `gamma`",
    );
    refuse::<ScheduleSpec>(r#"{"type": "step"}"#, "missing field `step_size`");
    refuse::<ScheduleSpec>(r#"{"type": "cosine", "T_max": 3}"#, "unknown field `T_max`");
    refuse::<ScheduleSpec>(
        r#"{"type": "cosine", "per": "batch"}"#,
        "unknown variant `batch`",
    );
    refuse::<ScheduleSpec>(
        r#"{"type": "warmup", "steps": 3, "then": {"type": "x"}}"#,
        "unknown variant `x`",
    );
    refuse::<Clip>(r#"{"type": "norm", "limit": 1}"#, "unknown field `limit`");
    refuse::<Stop>(r#"{"epoch": 1}"#, "unknown field `epoch`");
    refuse::<EarlyStopping>(r#"{"monitor": "val_loss"}"#, "unknown variant `val_loss`");
    refuse::<Penalty>(r#"{"l3": 1}"#, "unknown field `l3`");
}

#[test]
fn what_is_written_is_read() {
    for json in [
        r#"{"type":"sgd","lr":0.1,"momentum":0.9,"groups":[{"params":["*bias"],"weight_decay":0.0}]}"#,
        r#"{"type":"rmsprop","learning_rate":0.1}"#,
        r#"{"type":"adagrad"}"#,
        r#"{"type":"adam","betas":[0.8,0.9]}"#,
        r#"{"type":"adamw","l1":1e-5}"#,
    ] {
        let spec: OptimizerSpec = serde_json::from_str(json).unwrap();
        let written = serde_json::to_string(&spec).unwrap();
        assert_eq!(
            serde_json::from_str::<OptimizerSpec>(&written).unwrap(),
            spec
        );
        let optimizer = spec.build().unwrap();
        assert_eq!(optimizer.learning_rate(), spec.learning_rate());
        assert!(json.contains(optimizer.name()));
    }
    for json in [
        r#"{"type":"constant"}"#,
        r#"{"type":"multi_step","milestones":[3,4],"gamma":0.5,"per":"step"}"#,
        r#"{"type":"exponential","gamma":0.9}"#,
        r#"{"type":"linear"}"#,
        r#"{"type":"cosine_restarts","t_0":3,"t_mult":2}"#,
        r#"{"type":"polynomial","total_iters":4}"#,
        r#"{"type":"one_cycle","total_steps":30,"anneal_strategy":"linear"}"#,
        r#"{"type":"plateau","mode":"max","monitor":"validation_accuracy"}"#,
        r#"{"type":"warmup","steps":10,"then":{"type":"cosine","t_max":20}}"#,
    ] {
        let spec: ScheduleSpec = serde_json::from_str(json).unwrap();
        let written = serde_json::to_string(&spec).unwrap();
        assert_eq!(
            serde_json::from_str::<ScheduleSpec>(&written).unwrap(),
            spec
        );
        assert!(spec.build().unwrap().rate(0.1, Time::default()) > 0.0);
    }
    assert_eq!(
        ScheduleSpec::default()
            .build()
            .unwrap()
            .rate(0.1, Time::default()),
        0.1
    );
    assert_eq!(OptimizerSpec::default().build().unwrap().name(), "adam");
}

#[test]
fn lengths_left_out_are_those_of_training() {
    let total = Time {
        epoch: 10,
        step: 500,
    };
    let spec = ScheduleSpec::Warmup(WarmupSpec {
        steps: 100,
        start_factor: 0.0,
        per: Per::Step,
        then: Box::new(ScheduleSpec::OneCycle(OneCycle::default())),
    });
    assert!(
        spec.build()
            .err()
            .unwrap()
            .to_string()
            .contains("total_steps, the length of the cycle, is missing")
    );
    let ScheduleSpec::Warmup(resolved) = spec.resolve(total) else {
        panic!()
    };
    assert_eq!(*resolved.then, ScheduleSpec::OneCycle(OneCycle::new(400)));

    let cosine = ScheduleSpec::Cosine(Cosine {
        per: Per::Step,
        ..Cosine::default()
    });
    assert!(cosine.build().is_err() && cosine.resolve(Time::default()).build().is_err());
    let schedule = cosine.resolve(total).build().unwrap();
    assert!(
        schedule.rate(
            1.0,
            Time {
                epoch: 0,
                step: 500
            }
        ) < 1e-15
    );
    // A length that is given stays.
    let linear = ScheduleSpec::Linear(Linear::default());
    assert_eq!(linear.resolve(total), linear);
}

#[test]
fn a_warm_up_keeps_the_unit_of_what_follows() {
    let spec: ScheduleSpec = serde_json::from_str(
        r#"{"type":"warmup","steps":100,"start_factor":0.5,"then":{"type":"step","step_size":2}}"#,
    )
    .unwrap();
    let schedule = spec.build().unwrap();
    let rate = |epoch, step| schedule.rate(1.0, Time { epoch, step });
    assert_eq!((rate(0, 0), rate(0, 50), rate(0, 100)), (0.5, 0.75, 1.0));
    assert_eq!((rate(1, 150), rate(2, 200)), (1.0, 0.1));
}

#[test]
fn schedules_outside_their_domain_are_refused() {
    for (json, says) in [
        (
            r#"{"type":"step","step_size":0}"#,
            "schedule step: step_size is 0",
        ),
        (
            r#"{"type":"exponential","gamma":0}"#,
            "schedule exponential: gamma is 0",
        ),
        (
            r#"{"type":"multi_step","milestones":[]}"#,
            "schedule multi_step: milestones is empty",
        ),
        (
            r#"{"type":"cosine","t_max":0}"#,
            "schedule cosine: t_max is 0",
        ),
        (
            r#"{"type":"linear","start_factor":-1}"#,
            "schedule linear: start_factor is -1",
        ),
        (
            r#"{"type":"one_cycle","total_steps":9,"pct_start":2}"#,
            "schedule one_cycle: pct_start is 2",
        ),
        (
            r#"{"type":"plateau","factor":1}"#,
            "schedule plateau: factor is 1",
        ),
        (
            r#"{"type":"warmup","steps":3,"start_factor":2}"#,
            "schedule warmup: start_factor is 2",
        ),
        (
            r#"{"type":"cosine_restarts","t_0":0}"#,
            "schedule cosine_restarts: t_0 and t_mult",
        ),
        (
            r#"{"type":"polynomial","total_iters":3,"power":-1}"#,
            "schedule polynomial: power is -1",
        ),
    ] {
        let spec: ScheduleSpec = serde_json::from_str(json).unwrap();
        let error = spec.build().err().expect(json).to_string();
        assert!(error.starts_with(says), "{json}: {error}");
    }
    assert_eq!(StepDecay::new(3).gamma, 0.1);
}
