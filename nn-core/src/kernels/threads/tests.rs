use super::*;
use std::sync::atomic::AtomicU32;

/// Tests that change the number of threads run one at a time.
static SERIAL: Mutex<()> = Mutex::new(());

fn with_threads(n: usize, f: impl FnOnce()) {
    let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let before = threads();
    set_threads(n);
    let outcome = catch_unwind(AssertUnwindSafe(f));
    set_threads(before);
    if let Err(payload) = outcome {
        resume_unwind(payload);
    }
}

#[test]
fn ranges_cover_all_tasks_once() {
    for participants in 1..9 {
        for tasks in participants..40 {
            let mut next = 0;
            for p in 0..participants {
                let (start, end) = range(p, participants, tasks);
                assert_eq!(start, next);
                next = end;
            }
            assert_eq!(next, tasks);
        }
    }
}

#[test]
fn each_task_runs_once() {
    for n in [1, 2, 3, 5, 8] {
        with_threads(n, || {
            for tasks in [0, 1, 2, 3, 7, 100, 1000] {
                let counts: Vec<AtomicU32> = (0..tasks).map(|_| AtomicU32::new(0)).collect();
                parallel_for(tasks, &|i| {
                    counts[i].fetch_add(1, Ordering::Relaxed);
                });
                assert!(
                    counts.iter().all(|c| c.load(Ordering::Relaxed) == 1),
                    "{n} threads, {tasks} tasks"
                );
            }
        });
    }
}

#[test]
fn many_jobs_in_a_row() {
    with_threads(3, || {
        let sum = AtomicUsize::new(0);
        for _ in 0..20_000 {
            parallel_for(4, &|i| {
                sum.fetch_add(i + 1, Ordering::Relaxed);
            });
        }
        assert_eq!(sum.into_inner(), 200_000);
    });
}

#[test]
fn sleeping_workers_are_woken() {
    with_threads(2, || {
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(1));
            let sum = AtomicUsize::new(0);
            parallel_for(64, &|_| {
                std::thread::sleep(Duration::from_micros(5));
                sum.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 64);
        }
    });
}

#[test]
fn nested_jobs_run_inline() {
    with_threads(4, || {
        let mut nested = false;
        // A job of another test may hold the pool: the outer job is then inline too, and the inner may not be.
        for _ in 0..10_000 {
            let sum = AtomicUsize::new(0);
            let inside = AtomicUsize::new(0);
            parallel_for(8, &|_| {
                let me = std::thread::current().id();
                let is_inside = is_nested();
                inside.fetch_add(usize::from(is_inside), Ordering::Relaxed);
                parallel_for(8, &|_| {
                    assert!(!is_inside || std::thread::current().id() == me);
                    sum.fetch_add(1, Ordering::Relaxed);
                });
            });
            assert!(!is_nested());
            assert_eq!(sum.into_inner(), 64);
            nested = inside.into_inner() == 8;
            if nested {
                break;
            }
        }
        assert!(nested);
    });
}

#[test]
fn concurrent_callers_each_get_their_result() {
    with_threads(3, || {
        std::thread::scope(|scope| {
            for caller in 0..6usize {
                scope.spawn(move || {
                    for round in 0..500 {
                        let mut out = vec![0usize; 97];
                        let pieces = chunks::Parts::new(&mut out);
                        parallel_for(97, &|i| {
                            // SAFETY: each task takes its own element.
                            let piece = unsafe { pieces.part(i, i + 1) };
                            piece[0] = i * caller + round;
                        });
                        assert!(
                            out.iter()
                                .enumerate()
                                .all(|(i, v)| *v == i * caller + round)
                        );
                    }
                });
            }
        });
    });
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
    for n in [1, 2, 4] {
        with_threads(n, || {
            for bad in [0, 5, 9] {
                let outcome = catch_unwind(|| {
                    parallel_for(10, &|i| {
                        if i == bad {
                            std::panic::panic_any(format!("task {i}"));
                        }
                    });
                });
                let payload = outcome.expect_err("the panic must reach the caller");
                assert_eq!(
                    payload.downcast_ref::<String>(),
                    Some(&format!("task {bad}"))
                );
                assert!(!is_nested());
                let sum = AtomicUsize::new(0);
                parallel_for(10, &|i| {
                    sum.fetch_add(i, Ordering::Relaxed);
                });
                assert_eq!(sum.into_inner(), 45);
            }
        });
    }
}

#[test]
fn the_pool_can_be_resized_at_any_time() {
    with_threads(1, || {
        for n in [2, 7, 1, 3, 16, 2] {
            set_threads(n);
            let mut out = vec![0u64; 100_000];
            for_each_chunk(&mut out, 1000, |i, piece| piece.fill(i as u64));
            assert!(out.iter().enumerate().all(|(i, v)| *v == (i / 1000) as u64));
        }
    });
}

#[test]
fn chunks_of_several_slices_in_step() {
    with_threads(3, || {
        let (mut a, mut b, mut c) = (vec![0usize; 100_003], vec![0u8; 50_002], vec![0i64; 25_001]);
        for_each_chunk3(&mut a, &mut b, &mut c, (4, 2, 1), |i, x, y, z| {
            x.fill(i);
            y.fill(i as u8);
            z.fill(-(i as i64));
        });
        assert!(a.iter().enumerate().all(|(i, v)| *v == i / 4));
        assert!(b.iter().enumerate().all(|(i, v)| *v == (i / 2) as u8));
        assert!(c.iter().enumerate().all(|(i, v)| *v == -(i as i64)));
        let (mut short, mut long) = (vec![0; 3], vec![0; 10]);
        for_each_chunk2(&mut short, &mut long, (1, 2), |i, x, y| {
            x.fill(i + 1);
            y.fill(i + 1);
        });
        assert_eq!(short, [1, 2, 3]);
        assert_eq!(long, [1, 1, 2, 2, 3, 3, 0, 0, 0, 0]);
    });
}

#[test]
fn a_chunk_of_zero_is_one() {
    let mut x = [0; 3];
    for_each_chunk(&mut x, 0, |i, piece| piece.fill(i));
    assert_eq!(x, [0, 1, 2]);
}
