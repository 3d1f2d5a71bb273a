//! The loop: its order, its rules for stopping, resumption, and what it says when numbers break.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nn_core::store::checkpoint;
use nn_core::{Context, DType, Parameter, Parameters, Path, Purpose, Rng, Tensor};
use nn_optim::schedule::{OneCycle, Plateau, PlateauSpec, StepDecay};
use nn_optim::train::{
    Checkpoint, EpochRecord, Monitor, StepRecord, TrainView, TrainerState, evaluate,
};
use nn_optim::*;

/// Two layers in a row with noise between them, and a buffer that counts passes.
struct Net {
    first: Parameter,
    second: Parameter,
    passes: Parameter,
}

impl Net {
    fn new() -> Net {
        let mut rng = Rng::new(3);
        let mut random = |shape: [usize; 2]| {
            Parameter::new(Tensor::rand_normal(shape, 0.0, 0.5, DType::F32, &mut rng).unwrap())
        };
        Net {
            first: random([4, 3]),
            second: random([1, 4]),
            passes: Parameter::buffer(Tensor::zeros([1], DType::F32).unwrap()),
        }
    }

    fn forward(&self, x: &Tensor, cx: &mut Context) -> nn_core::Result<Tensor> {
        let hidden = x.matmul(&cx.param(&self.first).t()?)?.tanh()?;
        let hidden = cx
            .checked(hidden)
            .map_err(|e| e.in_layer("first", "Dense 3→4"))?;
        let hidden = if cx.is_training() {
            let mut noise = cx.rng(Purpose::Dropout);
            let noise =
                Tensor::rand_uniform(hidden.shape().clone(), 0.9, 1.1, DType::F32, &mut noise)?;
            let passes = self.passes.value().add_scalar(1.0)?;
            cx.update_buffer(&self.passes, &passes);
            hidden.mul(&noise)?
        } else {
            hidden
        };
        let out = hidden.matmul(&cx.param(&self.second).t()?)?;
        cx.checked(out)
            .map_err(|e| e.in_layer("second", "Dense 4→1"))
    }
}

impl Parameters for Net {
    fn visit<'a>(&'a self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a Parameter)) {
        path.scoped("first.weight", |path| f(path, &self.first));
        path.scoped("second.weight", |path| f(path, &self.second));
        path.scoped("passes", |path| f(path, &self.passes));
    }
    fn visit_mut<'a>(&'a mut self, path: &mut Path, f: &mut dyn FnMut(&Path, &'a mut Parameter)) {
        path.scoped("first.weight", |path| f(path, &mut self.first));
        path.scoped("second.weight", |path| f(path, &mut self.second));
        path.scoped("passes", |path| f(path, &mut self.passes));
    }
}

type Batch = (Tensor, Tensor);

fn write<T: serde::Serialize>(value: &T) -> Vec<u8> {
    checkpoint::to_bytes("test", value).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> T {
    checkpoint::from_bytes(bytes, "test").unwrap()
}

/// Five batches of eight samples, other ones in each epoch.
fn batches(epoch: u64) -> Vec<nn_core::Result<Batch>> {
    let batch = |index: u64| {
        let mut rng = Rng::addressed(7, Purpose::Shuffle, epoch, index);
        let x = Tensor::rand_normal([8, 3], 0.0, 1.0, DType::F32, &mut rng)?;
        let y = x.sum_keepdim(1)?.mul_scalar(0.3)?;
        Ok((x, y))
    };
    (0..5).map(batch).collect()
}

fn loss(net: &Net, (x, y): &Batch, cx: &mut Context) -> Result<StepOutput, BoxError> {
    let out = net.forward(x, cx)?;
    let right = out
        .to_vec::<f32>()?
        .iter()
        .zip(y.to_vec::<f32>()?)
        .filter(|(a, b)| **a * b > 0.0)
        .count();
    Ok(StepOutput::new(out.sub(y)?.square()?.mean(..)?, 8)
        .correct(right)
        .metric("twos", 2.0))
}

fn adam() -> Adam {
    Adam::with_lr(0.02).unwrap()
}

fn bits(net: &Net) -> Vec<Vec<u32>> {
    let bits = |p: &Parameter| {
        p.value()
            .to_vec::<f32>()
            .unwrap()
            .iter()
            .map(|x| x.to_bits())
            .collect()
    };
    net.parameters().into_iter().map(bits).collect()
}

#[test]
fn training_learns_and_reports() {
    let mut net = Net::new();
    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(30));
    let report = trainer.fit(&mut net, batches, loss).unwrap();
    assert_eq!(report.reason, StopReason::Epochs { epochs: 30 });
    assert_eq!((report.steps, report.history.len()), (150, 30));
    assert!(
        report.history[29].loss < 0.05 * report.history[0].loss,
        "{report}"
    );
    let last = report.last().unwrap();
    assert_eq!(
        (last.epoch, last.complete, last.samples, last.steps),
        (29, true, 40, 150)
    );
    assert!(last.accuracy.unwrap() > 0.9 && last.metrics["twos"] == 2.0);
    assert!(last.samples_per_second > 0.0 && last.validation.is_none());
    // Buffers are updated once a step.
    assert_eq!(net.passes.value().item().unwrap(), 150.0);
    // What was done stays done.
    let again = trainer.fit(&mut net, batches, loss).unwrap();
    assert_eq!(again.steps, 150);
}

#[test]
fn the_loss_of_an_epoch_is_an_average_over_samples() {
    let mut w = Parameter::new(Tensor::scalar(1.0f64).unwrap());
    let mut trainer = Trainer::new(Sgd::with_lr(0.0).unwrap()).stop(Stop::after_epochs(1));
    let sizes = [(10usize, 1.0), (30, 2.0)];
    let report = trainer.fit(
        &mut w,
        |_| sizes.map(Ok::<_, nn_core::Error>),
        |w, &(samples, loss), cx| {
            let output = StepOutput::new(cx.param(w).mul_scalar(loss)?, samples);
            Ok(output.correct(samples / 2).metric("loss", loss))
        },
    );
    let record = &report.unwrap().history[0];
    assert_eq!((record.loss, record.accuracy), (1.75, Some(0.5)));
    assert_eq!((record.metrics["loss"], record.samples), (1.75, 40));
}

/// Notes the order of calls.
struct Diary<'d>(&'d RefCell<Vec<String>>, &'static str);

impl Callback for Diary<'_> {
    fn on_train_start(&mut self, view: &TrainView) -> Result<Flow, BoxError> {
        self.0
            .borrow_mut()
            .push(format!("{} train at {}", self.1, view.step()));
        Ok(Flow::Continue)
    }
    fn on_epoch_start(&mut self, view: &TrainView) -> Result<Flow, BoxError> {
        assert_eq!(
            (view.mean_loss(), view.samples_per_second() >= 0.0),
            (None, true)
        );
        self.0
            .borrow_mut()
            .push(format!("{} epoch {}", self.1, view.epoch()));
        Ok(Flow::Continue)
    }
    fn on_step_end(&mut self, view: &TrainView, step: &StepRecord) -> Result<Flow, BoxError> {
        assert_eq!(view.epoch_samples(), 8 * view.epoch_step());
        assert!(step.loss.is_finite() && step.gradient_norm > 0.0 && step.samples == 8);
        assert_eq!((step.learning_rate, view.learning_rate()), (0.02, 0.02));
        assert!(view.mean_accuracy().is_some() && view.model().parameter_count() == 16);
        self.0
            .borrow_mut()
            .push(format!("{} step {}", self.1, view.step()));
        Ok(Flow::Continue)
    }
    fn on_epoch_end(&mut self, view: &TrainView, epoch: &EpochRecord) -> Result<Flow, BoxError> {
        assert_eq!((view.epoch(), view.epoch_step()), (epoch.epoch + 1, 0));
        assert_eq!(view.history().last(), Some(epoch));
        self.0
            .borrow_mut()
            .push(format!("{} done {}", self.1, epoch.epoch));
        Ok(Flow::Continue)
    }
    fn on_train_end(&mut self, _: &TrainView, report: &TrainingReport) -> Result<(), BoxError> {
        self.0
            .borrow_mut()
            .push(format!("{} end: {}", self.1, report.reason));
        Ok(())
    }
}

#[test]
fn callbacks_come_in_order() {
    let diary = RefCell::new(Vec::new());
    let mut net = Net::new();
    let mut trainer = Trainer::new(adam())
        .stop(Stop::after_epochs(2))
        .callback(Diary(&diary, "a"))
        .callback(Diary(&diary, "b"));
    let two = |epoch| batches(epoch).into_iter().take(2);
    trainer.fit(&mut net, two, loss).unwrap();
    drop(trainer);
    let expected = [
        "train at 0",
        "epoch 0",
        "step 1",
        "step 2",
        "done 0",
        "epoch 1",
        "step 3",
        "step 4",
        "done 1",
        "end: 2 epochs are done",
    ];
    let both = expected
        .iter()
        .flat_map(|e| [format!("a {e}"), format!("b {e}")]);
    assert_eq!(diary.into_inner(), both.collect::<Vec<_>>());
}

#[test]
fn a_callback_may_end_training_or_fail() {
    let mut net = Net::new();
    let mut trainer = Trainer::new(adam())
        .stop(Stop::after_epochs(9))
        .on_step(|view, _| {
            Ok(match view.step() {
                7 => Flow::Stop("seven are enough".into()),
                _ => Flow::Continue,
            })
        });
    let report = trainer.fit(&mut net, batches, loss).unwrap();
    assert_eq!(report.reason.to_string(), "seven are enough");
    assert_eq!((report.steps, report.history.len()), (7, 2));
    assert_eq!(
        (report.history[1].complete, report.history[1].samples),
        (false, 16)
    );

    let mut trainer = Trainer::new(adam())
        .stop(Stop::after_epochs(9))
        .on_epoch(|_, _| Err("the disk is full".into()));
    let error = trainer.fit(&mut net, batches, loss).unwrap_err();
    assert_eq!(
        error.to_string(),
        "epoch 1, step 5: a callback failed: the disk is full"
    );
}

#[test]
fn training_stops_after_steps() {
    for (steps, epochs, complete) in [(7, 2, false), (10, 2, true), (5, 1, true)] {
        let mut net = Net::new();
        let mut trainer = Trainer::new(adam()).stop(Stop::after_steps(steps));
        let report = trainer.fit(&mut net, batches, loss).unwrap();
        assert_eq!(
            (report.reason, report.steps),
            (StopReason::Steps { steps }, steps)
        );
        assert_eq!(report.history.len(), epochs);
        assert_eq!(report.history[epochs - 1].complete, complete, "{steps}");
    }
}

#[test]
fn training_stops_when_the_loss_is_small() {
    let mut net = Net::new();
    let stop = Stop {
        loss_below: Some(0.05),
        ..Stop::after_epochs(500)
    };
    let report = Trainer::new(adam())
        .stop(stop)
        .fit(&mut net, batches, loss)
        .unwrap();
    let count = report.history.len();
    assert!(matches!(report.reason, StopReason::LossBelow { loss, .. } if loss < 0.05));
    assert!(
        report.history[count - 2].loss >= 0.05 && count < 100,
        "{report}"
    );
}

#[test]
fn training_stops_when_the_gradient_is_small() {
    let mut w = Parameter::new(Tensor::from_vec(vec![4.0f64, -3.0], [2]).unwrap());
    let stop = Stop {
        gradient_norm_below: Some(1e-3),
        ..Stop::after_epochs(1000)
    };
    let mut trainer = Trainer::new(Sgd::with_lr(0.25).unwrap()).stop(stop);
    let one = |_| [Ok::<_, nn_core::Error>(())];
    let report = trainer.fit(&mut w, one, |w, (), cx| {
        Ok(StepOutput::new(cx.param(w).square()?.sum(..)?, 1))
    });
    // The norm 10, halved each step, is under 1e-3 in step 14.
    let report = report.unwrap();
    assert!(matches!(
        report.reason,
        StopReason::GradientNormBelow { .. }
    ));
    assert_eq!(report.steps, 15);
}

#[test]
fn early_stopping_restores_the_best_weights() {
    for restore_best in [true, false] {
        let mut net = Net::new();
        let early = EarlyStopping {
            restore_best,
            ..EarlyStopping::with_patience(3)
        };
        let stop = Stop {
            early: Some(early),
            ..Stop::after_epochs(50)
        };
        let mut trainer = Trainer::new(adam()).stop(stop);
        // Validation improves until epoch 4 and never again.
        let losses = [5.0, 4.0, 4.5, 3.0, 2.0, 2.0, 2.1, 2.2, 1.0];
        let mut seen = Vec::new();
        let report = trainer
            .fit_with_validation(&mut net, batches, loss, |net| {
                seen.push(bits(net));
                Ok(Validation {
                    loss: losses[seen.len() - 1],
                    ..Validation::default()
                })
            })
            .unwrap();
        let monitor = Monitor::ValidationLoss;
        assert_eq!(
            report.reason,
            StopReason::NoImprovement { monitor, epochs: 3 }
        );
        assert_eq!((report.history.len(), seen.len()), (8, 8));
        let best = report.best.unwrap();
        assert_eq!(
            (best.epoch, best.value, report.restored_best),
            (4, 2.0, restore_best)
        );
        assert_eq!(
            bits(&net),
            if restore_best { &seen[4] } else { &seen[7] }.clone()
        );
        assert_ne!(seen[4], seen[7]);
    }
}

#[test]
fn early_stopping_may_watch_accuracy_with_a_margin() {
    let mut net = Net::new();
    let early = EarlyStopping {
        monitor: Monitor::ValidationAccuracy,
        min_delta: 0.05,
        ..EarlyStopping::with_patience(2)
    };
    let stop = Stop {
        early: Some(early),
        ..Stop::default()
    };
    let accuracies = [0.5, 0.6, 0.64, 0.649, 0.9];
    let mut seen = 0;
    let report =
        Trainer::new(adam())
            .stop(stop)
            .fit_with_validation(&mut net, batches, loss, |_| {
                seen += 1;
                Ok(Validation {
                    loss: 1.0,
                    accuracy: Some(accuracies[seen - 1]),
                    ..Validation::default()
                })
            });
    let report = report.unwrap();
    assert_eq!((report.best.unwrap().epoch, report.history.len()), (1, 4));
    assert!(
        report
            .to_string()
            .contains("the validation accuracy has not improved for 2 epochs")
    );
    assert!(report.to_string().contains("weights of epoch 1 restored"));
}

#[test]
fn an_interrupted_run_goes_on_bit_by_bit() {
    let train = |net: &mut Net, stop: u64, from: Option<&[u8]>, flag: Option<u64>| {
        let interrupt = Arc::new(AtomicBool::new(false));
        let set = interrupt.clone();
        let early = EarlyStopping::with_patience(100);
        let schedule = OneCycle {
            max_lr: Some(0.05),
            ..OneCycle::new(30)
        };
        let mut trainer = Trainer::new(AdamW::with_lr(0.01).unwrap())
            .schedule(schedule)
            .clip(Clip::Norm { max_norm: 0.5 })
            .penalty(Penalty {
                l1: 1e-4,
                ..Penalty::default()
            })
            .stop(Stop {
                early: Some(early),
                ..Stop::after_epochs(stop)
            })
            .seed(11)
            .interrupt(interrupt)
            .on_step(move |view, _| {
                set.store(flag == Some(view.step()), Ordering::Relaxed);
                Ok(Flow::Continue)
            });
        if let Some(from) = from {
            let checkpoint: Checkpoint = read(from);
            checkpoint.restore(net, &mut trainer).unwrap();
        }
        let validate = |net: &Net| Ok(evaluate(net, batches(1000), loss)?);
        let report = trainer
            .fit_with_validation(net, batches, loss, validate)
            .unwrap();
        assert_eq!(report.reason == StopReason::Interrupted, flag.is_some());
        assert_eq!(report.restored_best, flag.is_none());
        let state = trainer.state();
        write(&Checkpoint::new(net, state))
    };
    let mut straight = Net::new();
    let end = train(&mut straight, 4, None, None);
    // Interrupted within an epoch, at its end, and twice.
    for places in [vec![7], vec![10], vec![3, 14]] {
        let mut saved: Option<Vec<u8>> = None;
        for place in &places {
            let mut net = Net::new();
            saved = Some(train(&mut net, 4, saved.as_deref(), Some(*place)));
        }
        let mut net = Net::new();
        let resumed = train(&mut net, 4, saved.as_deref(), None);
        assert_eq!(bits(&net), bits(&straight), "{places:?}");
        let history = |bytes: &[u8]| {
            let checkpoint: Checkpoint = read(bytes);
            let history = checkpoint.trainer.history().iter();
            let history = history.map(|e| (e.loss.to_bits(), e.validation.clone(), e.samples));
            (
                history.collect::<Vec<_>>(),
                write(&checkpoint.weights),
                checkpoint.trainer.step(),
            )
        };
        assert_eq!(history(&resumed), history(&end), "{places:?}");
    }
}

#[test]
fn more_epochs_continue_a_finished_run() {
    let run = |net: &mut Net, epochs: u64, state: Option<&TrainerState>| {
        let plateau = PlateauSpec {
            patience: 0,
            threshold: 0.5,
            ..PlateauSpec::default()
        };
        let mut trainer = Trainer::new(adam())
            .schedule(Plateau::new(plateau).unwrap())
            .stop(Stop::after_epochs(epochs));
        if let Some(state) = state {
            trainer.load_state(state).unwrap();
        }
        trainer.fit(net, batches, loss).unwrap();
        trainer.state()
    };
    let mut straight = Net::new();
    let end = run(&mut straight, 6, None);
    let mut net = Net::new();
    let middle = run(&mut net, 3, None);
    assert_eq!((middle.epoch(), middle.step(), middle.seed()), (3, 15, 0));
    // Through memory as the checkpoint file does it: state by serde, weights by name.
    let middle: TrainerState = read(&write(&middle));
    let mut built_again = Net::new();
    built_again.load_state(&net.state()).unwrap();
    let resumed = run(&mut built_again, 6, Some(&middle));
    assert_eq!(bits(&built_again), bits(&straight));
    let rates = |s: &TrainerState| {
        s.history()
            .iter()
            .map(|e| e.learning_rate)
            .collect::<Vec<_>>()
    };
    assert_eq!(rates(&resumed), rates(&end));
    assert!(rates(&end)[5] < rates(&end)[0]);

    let error = Trainer::new(adam())
        .seed(1)
        .load_state(&middle)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot resume: the state is from a run with seed 0, the seed is now 1"
    );
    let error = Trainer::new(adam())
        .load_state(&middle)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("whose schedule watched its progress"),
        "{error}"
    );
    let error = Trainer::new(adam())
        .schedule(StepDecay::new(3))
        .load_state(&middle)
        .unwrap_err();
    assert!(error.to_string().contains("one that does not"), "{error}");
}

#[test]
fn schedules_are_followed() {
    let mut net = Net::new();
    let mut rates = Vec::new();
    let mut trainer = Trainer::new(Sgd::with_lr(0.1).unwrap())
        .schedule(StepDecay::new(1))
        .stop(Stop::after_epochs(3))
        .on_step(|_, step| {
            rates.push(step.learning_rate);
            Ok(Flow::Continue)
        });
    trainer.fit(&mut net, batches, loss).unwrap();
    drop(trainer);
    let expected = (0..15).map(|step| 0.1 * 0.1f64.powi(step / 5));
    assert_eq!(rates, expected.collect::<Vec<_>>());
}

#[test]
fn clipping_bounds_the_step() {
    for clip in [Clip::Norm { max_norm: 0.01 }, Clip::Value { limit: 0.001 }] {
        let mut net = Net::new();
        let before = net.state();
        let mut norm = 0.0;
        let mut trainer = Trainer::new(Sgd::with_lr(1.0).unwrap())
            .clip(clip)
            .stop(Stop::after_steps(1))
            .on_step(|_, step| {
                norm = step.gradient_norm;
                Ok(Flow::Continue)
            });
        trainer.fit(&mut net, batches, loss).unwrap();
        drop(trainer);
        assert!(norm > 0.1, "the norm is reported as it was before: {norm}");
        let (mut squares, mut largest) = (0.0f64, 0.0f64);
        for ((_, old), new) in before.iter().zip(net.parameters()).take(2) {
            for step in new.value().sub(old).unwrap().to_vec::<f32>().unwrap() {
                squares += f64::from(step * step);
                largest = largest.max(f64::from(step.abs()));
            }
        }
        match clip {
            Clip::Norm { .. } => assert!((squares.sqrt() - 0.01).abs() < 1e-6),
            Clip::Value { .. } => assert!((largest - 0.001).abs() < 1e-6),
        }
    }
}

#[test]
fn a_broken_loss_names_step_layer_and_causes() {
    // Batch 2 of epoch 1 is step 7: its data hold infinity, which the first layer takes to NaN or ±1.
    let broken = |epoch| {
        let mut all = batches(epoch);
        if let (1, Ok((x, _))) = (epoch, &mut all[2]) {
            x.make_mut::<f32>().unwrap()[4] = f32::NAN;
        }
        all
    };
    let mut net = Net::new();
    let good = RefCell::new(Vec::new());
    let mut trainer = Trainer::new(adam())
        .stop(Stop::after_epochs(3))
        .on_step(|view, _| {
            *good.borrow_mut() = view.checkpoint().weights;
            Ok(Flow::Continue)
        });
    let error = trainer.fit(&mut net, broken, loss).unwrap_err();
    assert_eq!((trainer.step(), trainer.epoch()), (7, 1));
    let state = trainer.state();
    drop(trainer);
    let message = error.to_string();
    for part in [
        "step 7 (epoch 1): the loss is NaN",
        "layer first (Dense 3→4)",
        "the learning rate is too high (it is 2e-2",
        "clip the gradients by norm",
        "check the data",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    // The weights, buffers too, are those after the last good step.
    let weights = Checkpoint::new(&net, state).weights;
    assert_eq!(write(&weights), write(&good.into_inner()));

    let first = |_: u64| broken(1).into_iter().skip(2);
    let error = Trainer::new(adam())
        .stop(Stop::after_epochs(1))
        .fit(&mut Net::new(), first, loss);
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("As this is the first step, look first for NaN")
    );
}

#[test]
fn a_broken_loss_is_told_from_broken_weights() {
    // The loss itself breaks: the root of a negative number.
    let root = |net: &Net, (x, _): &Batch, cx: &mut Context| {
        let out = net.forward(x, cx)?;
        Ok(StepOutput::new(out.square()?.mean(..)?.neg()?.sqrt()?, 8))
    };
    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(1));
    let message = trainer
        .fit(&mut Net::new(), batches, root)
        .unwrap_err()
        .to_string();
    assert!(message.contains("arises in the loss itself"), "{message}");

    // The weights were broken before.
    let mut net = Net::new();
    net.second.value_mut().make_mut::<f32>().unwrap()[1] = f32::INFINITY;
    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(1));
    let message = trainer
        .fit(&mut net, batches, loss)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("parameter second.weight was not finite before the step"),
        "{message}"
    );
    assert!(message.contains("The initial weights"), "{message}");
}

#[test]
fn a_broken_gradient_is_named_and_not_applied() {
    // √x at 0 has the value 0 and an infinite slope.
    let mut w = vec![
        Parameter::new(Tensor::from_vec(vec![1.0f32], [1]).unwrap()),
        Parameter::new(Tensor::from_vec(vec![0.0f32], [1]).unwrap()),
    ];
    let one = |_| [Ok::<_, nn_core::Error>(())];
    let mut trainer = Trainer::new(Sgd::with_lr(0.1).unwrap()).stop(Stop::after_epochs(1));
    let error = trainer.fit(&mut w, one, |w: &Vec<Parameter>, (), cx| {
        let sum = cx.param(&w[0]).square()?.add(&cx.param(&w[1]).sqrt()?)?;
        Ok(StepOutput::new(sum.sum(..)?, 1))
    });
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("the norm of the gradients is inf"),
        "{message}"
    );
    assert!(
        message.contains("the gradient of parameter 1 is not finite"),
        "{message}"
    );
    assert_eq!(
        (w[0].value().item().unwrap(), w[1].value().item().unwrap()),
        (1.0, 0.0)
    );
}

#[test]
fn errors_say_where_they_happened() {
    let mut net = Net::new();
    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(3));
    let unreadable = |epoch| {
        let mut all = batches(epoch);
        if epoch == 1 {
            all[3] = Err(nn_core::Error::missing("file 3 is gone"));
        }
        all
    };
    let error = trainer
        .fit(&mut net, unreadable, loss)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "epoch 1, batch 3: reading the batch failed: file 3 is gone"
    );

    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(3));
    let narrow = |_| {
        batches(0)
            .into_iter()
            .map(|b| b.map(|(x, y)| (x.slice(1, 0..2).unwrap(), y)))
    };
    let error = trainer.fit(&mut net, narrow, loss).unwrap_err().to_string();
    assert!(error.starts_with("epoch 0, step 0: "), "{error}");

    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(3));
    let none = |_| Vec::<nn_core::Result<Batch>>::new();
    let error = trainer.fit(&mut net, none, loss).unwrap_err().to_string();
    assert!(
        error.contains("there are none; is the data set empty"),
        "{error}"
    );

    let mut trainer = Trainer::new(adam()).stop(Stop::after_epochs(3));
    let nan = |_: &Net| {
        Ok(Validation {
            loss: f64::NAN,
            ..Validation::default()
        })
    };
    let error = trainer
        .fit_with_validation(&mut net, batches, loss, nan)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("validation after epoch 0: the validation loss is NaN"),
        "{error}"
    );
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let refuse = |trainer: Trainer, says: &str| {
        let mut trainer = trainer;
        let error = trainer
            .fit(&mut Net::new(), batches, loss)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(says), "{error}");
    };
    let early = |early| Stop {
        early: Some(early),
        ..Stop::after_epochs(2)
    };
    refuse(
        Trainer::new(adam()),
        "stop: no rule is given, training would never end",
    );
    refuse(
        Trainer::new(adam()).stop(early(EarlyStopping::with_patience(0))),
        "early stopping: patience is 0",
    );
    refuse(
        Trainer::new(adam()).stop(early(EarlyStopping::default())),
        "early stopping: it watches the validation loss, which this training does not report",
    );
    refuse(
        Trainer::new(adam())
            .stop(Stop::after_epochs(1))
            .clip(Clip::Norm { max_norm: 0.0 }),
        "clip: max_norm is 0",
    );
    refuse(
        Trainer::new(adam())
            .stop(Stop::after_epochs(1))
            .penalty(Penalty {
                l2: f64::NAN,
                ..Penalty::default()
            }),
        "penalty: l2 is NaN",
    );
}

#[test]
fn early_stopping_alone_may_watch_training() {
    let mut net = Net::new();
    let early = EarlyStopping {
        monitor: Monitor::TrainingAccuracy,
        ..EarlyStopping::with_patience(2)
    };
    let stop = Stop {
        early: Some(early),
        ..Stop::default()
    };
    let report = Trainer::new(adam())
        .stop(stop)
        .fit(&mut net, batches, loss)
        .unwrap();
    assert!(matches!(report.reason, StopReason::NoImprovement { .. }));
}

#[test]
fn the_interrupt_flag_is_heard_before_the_first_step() {
    let flag = Arc::new(AtomicBool::new(true));
    let mut net = Net::new();
    let before = bits(&net);
    let mut trainer = Trainer::new(adam())
        .stop(Stop::after_epochs(1))
        .interrupt(flag);
    let report = trainer.fit(&mut net, batches, loss).unwrap();
    assert_eq!((report.reason, report.steps), (StopReason::Interrupted, 0));
    assert_eq!(bits(&net), before);
}
