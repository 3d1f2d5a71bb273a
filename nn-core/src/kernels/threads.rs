//! A pool of daemon threads for fork-join work inside one operation.
//!
//! A job is a number of tasks and a function of the task's index. The calling thread takes part; each participant owns
//! a contiguous range of the tasks, which it works through first, and then helps the others. Which thread runs a task
//! is therefore not fixed, so a task must write only what belongs to its index: then results cannot depend on the
//! number of threads.
//!
//! Workers spin for a short while after a job, so that the next one of a training step finds them awake, and then
//! sleep. They never spin when there are more threads than cores.

mod chunks;

pub use chunks::{for_each_chunk, for_each_chunk2, for_each_chunk3, map_long};

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// Work (in simple element operations, or floating-point operations divided by eight) below which a job runs on the
/// calling thread alone: handing it over would cost more than it saves.
pub const MIN_PARALLEL_WORK: usize = 32 * 1024;

/// The largest accepted number of threads.
pub const MAX_THREADS: usize = 256;

/// How long a worker looks for the next job before it goes to sleep.
const SPIN: Duration = Duration::from_micros(80);

/// How long a job of many tasks runs before sleeping workers are woken for it: waking one takes about as long.
const WAKE_AFTER: Duration = Duration::from_micros(30);

type Task<'a> = dyn Fn(usize) + Sync + 'a;

/// What the participants of the current job share. Written by the thread that holds `Pool::busy`, before it opens
/// the job; read by workers only between registering in `Pool::active` and leaving.
struct Job {
    task: *const Task<'static>,
    tasks: usize,
    participants: usize,
}

/// The next task of one participant's range, alone on its cache lines.
#[repr(align(128))]
struct Cursor(AtomicUsize);

#[repr(align(128))]
struct Aligned<T>(T);

struct Worker {
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

struct Pool {
    /// Odd while a job is open.
    epoch: Aligned<AtomicUsize>,
    /// Workers that may be reading `job`.
    active: Aligned<AtomicUsize>,
    /// Whether a thread is using the pool.
    busy: Aligned<AtomicBool>,
    job: UnsafeCell<Job>,
    cursors: [Cursor; MAX_THREADS],
    workers: [Worker; MAX_THREADS - 1],
    /// Workers that look for a job and are not asleep.
    awake: Aligned<AtomicUsize>,
    spawned: AtomicUsize,
    wanted: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `job` is written only by the holder of `busy` while no job is open and `active` is zero, and read by workers
// only while registered in `active` for an open job (see `Pool::run` and `Pool::serve`); all else is atomic or locked.
unsafe impl Sync for Pool {}

static POOL: Pool = Pool {
    epoch: Aligned(AtomicUsize::new(0)),
    active: Aligned(AtomicUsize::new(0)),
    busy: Aligned(AtomicBool::new(false)),
    job: UnsafeCell::new(Job {
        task: &nothing,
        tasks: 0,
        participants: 0,
    }),
    cursors: [const { Cursor(AtomicUsize::new(0)) }; MAX_THREADS],
    workers: [const {
        Worker {
            asleep: AtomicBool::new(false),
            thread: OnceLock::new(),
        }
    }; MAX_THREADS - 1],
    awake: Aligned(AtomicUsize::new(0)),
    spawned: AtomicUsize::new(0),
    wanted: AtomicUsize::new(0),
    panic: Mutex::new(None),
};

fn nothing(_: usize) {}

thread_local! {
    /// Whether this thread is inside a task: a nested job then runs inline.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The number of threads that operations use, the caller included: the last value given to [`set_threads`], else the
/// environment variable `NN_THREADS`, else the number of cores available to the process.
pub fn threads() -> usize {
    match POOL.wanted.load(Ordering::Relaxed) {
        0 => {
            let from_env = std::env::var("NN_THREADS")
                .ok()
                .and_then(|text| text.trim().parse::<usize>().ok());
            let n = from_env
                .filter(|n| *n > 0)
                .unwrap_or_else(cores)
                .min(MAX_THREADS);
            // A concurrent `set_threads` wins.
            match POOL
                .wanted
                .compare_exchange(0, n, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => n,
                Err(set) => set,
            }
        }
        n => n,
    }
}

/// Sets the number of threads, from the next job on. It may exceed the number of cores; it is kept within
/// 1 and [`MAX_THREADS`].
///
/// ```
/// use nn_core::kernels::threads::{set_threads, threads};
/// set_threads(2);
/// assert_eq!(threads(), 2);
/// ```
pub fn set_threads(n: usize) {
    POOL.wanted
        .store(n.clamp(1, MAX_THREADS), Ordering::Relaxed);
}

/// The number of cores available to this process.
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Whether the calling thread is inside a task, so that a job started here would run inline.
pub fn is_nested() -> bool {
    INSIDE.get()
}

/// Whether a worker is awake and waiting for a job, as just after another job: handing over then costs well under a
/// microsecond, where waking a sleeping thread costs tens. A hint only.
pub fn is_hot() -> bool {
    POOL.awake.0.load(Ordering::Relaxed) > 0
}

/// Runs `task(0)`, `task(1)`, … `task(tasks - 1)`, each exactly once, on up to [`threads`] threads, and returns when
/// all are done.
///
/// Runs inline on the calling thread when called from inside a task, or while another thread is using the pool.
/// A panic in a task stops tasks that have not begun and continues in the caller.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// let sum = AtomicUsize::new(0);
/// nn_core::kernels::threads::parallel_for(10, &|i| {
///     sum.fetch_add(i, Ordering::Relaxed);
/// });
/// assert_eq!(sum.into_inner(), 45);
/// ```
pub fn parallel_for(tasks: usize, task: &(dyn Fn(usize) + Sync)) {
    fork_join(tasks, Waking::Patient, task);
}

/// [`parallel_for`] for tasks that take longer than waking a thread does: sleeping workers are woken at once, where
/// otherwise a job of many tasks first shows that it is worth that.
pub fn parallel_for_long(tasks: usize, task: &(dyn Fn(usize) + Sync)) {
    fork_join(tasks, Waking::AtOnce, task);
}

/// When workers who sleep are woken for a job.
#[derive(Clone, Copy, PartialEq)]
enum Waking {
    AtOnce,
    /// After [`WAKE_AFTER`], if there are tasks to spare.
    Patient,
}

fn fork_join(tasks: usize, waking: Waking, task: &Task<'_>) {
    let participants = if tasks > 1 { threads().min(tasks) } else { 1 };
    if participants > 1 && !INSIDE.get() && !POOL.busy.0.swap(true, Ordering::Acquire) {
        POOL.run(participants, tasks, waking, task);
    } else {
        for i in 0..tasks {
            task(i);
        }
    }
}

/// [`parallel_for`], or the same on the calling thread alone where `work` (all tasks together, in simple element
/// operations) is below [`MIN_PARALLEL_WORK`].
pub fn parallel_for_work(work: usize, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
    if work < MIN_PARALLEL_WORK {
        for i in 0..tasks {
            task(i);
        }
    } else {
        parallel_for(tasks, task);
    }
}

/// The tasks of participant `p` of `participants`.
fn range(p: usize, participants: usize, tasks: usize) -> (usize, usize) {
    let (each, more) = (tasks / participants, tasks % participants);
    let start = p * each + p.min(more);
    (start, start + each + usize::from(p < more))
}

impl Pool {
    /// Runs a job of at least two participants. The caller has set `busy`.
    fn run(&'static self, participants: usize, tasks: usize, waking: Waking, task: &Task<'_>) {
        self.ensure_workers(participants - 1);
        // SAFETY: `busy` is held, no job is open, and the last job ended with `active` at zero after it was closed,
        // so no worker reads `job`. The lifetime is erased only for the length of this call: workers use `task`
        // only while registered for this job, and this function does not return before they have left.
        unsafe {
            *self.job.get() = Job {
                task: std::mem::transmute::<*const Task<'_>, *const Task<'static>>(task),
                tasks,
                participants,
            };
        }
        for p in 0..participants {
            self.cursors[p]
                .0
                .store(range(p, participants, tasks).0, Ordering::Relaxed);
        }
        // Opens the job. Sequentially consistent against the workers' `asleep` and `active`.
        self.epoch.0.fetch_add(1, Ordering::SeqCst);
        let patient = waking == Waking::Patient && tasks > participants;
        let mut wake = patient.then(Instant::now);
        if wake.is_none() {
            self.wake(participants);
        }
        self.take_part(0, participants, tasks, task, &mut || {
            if wake.is_some_and(|start| start.elapsed() > WAKE_AFTER) {
                self.wake(participants);
                wake = None;
            }
        });
        // Closes the job: a worker that registers from here on sees the new epoch and leaves.
        self.epoch.0.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0u32;
        while self.active.0.load(Ordering::SeqCst) != 0 {
            pause(&mut spins, participants);
        }
        let payload = self
            .panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.busy.0.store(false, Ordering::Release);
        if let Some(payload) = payload {
            resume_unwind(payload);
        }
    }

    /// Wakes the workers of a job who sleep.
    fn wake(&self, participants: usize) {
        for worker in &self.workers[..participants - 1] {
            let asleep =
                worker.asleep.load(Ordering::SeqCst) && worker.asleep.swap(false, Ordering::SeqCst);
            if let (true, Some(thread)) = (asleep, worker.thread.get()) {
                thread.unpark();
            }
        }
    }

    /// Works through the own range of tasks, then through what is left of the others'; calls `between` after each.
    fn take_part(
        &self,
        me: usize,
        participants: usize,
        tasks: usize,
        task: &Task<'_>,
        between: &mut dyn FnMut(),
    ) {
        INSIDE.set(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            for turn in 0..participants {
                let p = (me + turn) % participants;
                let (_, end) = range(p, participants, tasks);
                let cursor = &self.cursors[p].0;
                while cursor.load(Ordering::Relaxed) < end {
                    let i = cursor.fetch_add(1, Ordering::Relaxed);
                    if i >= end {
                        break;
                    }
                    task(i);
                    between();
                }
            }
        }));
        INSIDE.set(false);
        if let Err(payload) = outcome {
            for p in 0..participants {
                self.cursors[p].0.store(usize::MAX / 2, Ordering::Relaxed);
            }
            self.panic
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(payload);
        }
    }

    /// Starts workers until there are `n`. Where the system refuses a thread, the job runs with those there are:
    /// its caller works through all ranges.
    fn ensure_workers(&'static self, n: usize) {
        let mut spawned = self.spawned.load(Ordering::Relaxed);
        while spawned < n {
            let id = spawned;
            let started = std::thread::Builder::new()
                .name(format!("nn-worker-{id}"))
                .spawn(move || self.serve(id));
            let Ok(handle) = started else { return };
            // Only the holder of `busy` spawns, so the slot is empty.
            let _ = self.workers[id].thread.set(handle.thread().clone());
            spawned += 1;
            self.spawned.store(spawned, Ordering::Relaxed);
        }
    }

    /// A worker's life: wait for a job, take part, again.
    fn serve(&self, id: usize) {
        let mut seen = 0;
        loop {
            let epoch = self.await_job(id, seen);
            seen = epoch;
            self.active.0.fetch_add(1, Ordering::SeqCst);
            if self.epoch.0.load(Ordering::SeqCst) == epoch {
                // SAFETY: the job was open after this worker had registered in `active`, so its owner waits for this
                // worker before it ends the borrow of `task` or writes `job` again.
                let (task, tasks, participants) = unsafe {
                    let job = &*self.job.get();
                    (&*job.task, job.tasks, job.participants)
                };
                if id + 1 < participants {
                    self.take_part(id + 1, participants, tasks, task, &mut || {});
                }
            }
            self.active.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Looks for a new epoch for a short while.
    fn spin(&self, is_new: impl Fn(usize) -> bool) -> Option<usize> {
        let mut start = None;
        loop {
            for _ in 0..64 {
                let epoch = self.epoch.0.load(Ordering::Acquire);
                if is_new(epoch) {
                    return Some(epoch);
                }
                std::hint::spin_loop();
            }
            if start.get_or_insert_with(Instant::now).elapsed() > SPIN {
                return None;
            }
        }
    }

    /// Waits until a job other than `seen` is open, and returns its epoch.
    fn await_job(&self, id: usize, seen: usize) -> usize {
        let is_new = |epoch: usize| epoch % 2 == 1 && epoch != seen;
        if threads() <= cores() && id + 1 < threads() {
            self.awake.0.fetch_add(1, Ordering::Relaxed);
            let found = self.spin(is_new);
            self.awake.0.fetch_sub(1, Ordering::Relaxed);
            if let Some(epoch) = found {
                return epoch;
            }
        }
        let asleep = &self.workers[id].asleep;
        loop {
            asleep.store(true, Ordering::SeqCst);
            // Either this load sees the job, or the job's owner sees `asleep`.
            let epoch = self.epoch.0.load(Ordering::SeqCst);
            if is_new(epoch) {
                asleep.store(false, Ordering::SeqCst);
                return epoch;
            }
            while asleep.load(Ordering::SeqCst) {
                std::thread::park();
            }
        }
    }
}

/// Waits a little for another thread, leaving the core to it where cores are scarce.
fn pause(spins: &mut u32, participants: usize) {
    *spins = spins.saturating_add(1);
    if *spins < 4096 && participants <= cores() {
        std::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests;
