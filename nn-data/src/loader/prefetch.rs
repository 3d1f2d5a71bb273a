//! Batches prepared ahead on one thread, through a queue of bounded length.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::{Plan, Source};
use crate::batch::Batch;
use crate::error::{Error, Result};

/// The receiving end of the queue and the thread that fills it.
pub(super) struct Prefetch {
    /// `None` only while dropping: the queue must be gone before the thread is waited for.
    queue: Option<Receiver<Result<Batch>>>,
    worker: Option<JoinHandle<()>>,
}

impl Prefetch {
    /// Starts the thread, which keeps up to `depth` batches ready.
    pub(super) fn start(plan: Plan, source: Arc<Source>, depth: usize) -> std::io::Result<Self> {
        // The thread holds one finished batch while it waits for room in the queue.
        let (sender, receiver) = sync_channel(depth - 1);
        let worker = Builder::new()
            .name("nn-prefetch".into())
            .spawn(move || work(plan, &source, &sender))?;
        Ok(Prefetch {
            queue: Some(receiver),
            worker: Some(worker),
        })
    }

    /// The next batch. To be called only while the plan has more.
    pub(super) fn next(&mut self) -> Result<Batch> {
        match self.queue.as_ref().map(Receiver::recv) {
            Some(Ok(batch)) => batch,
            _ => Err(self.why_it_stopped()),
        }
    }

    fn why_it_stopped(&mut self) -> Error {
        let panic = self.worker.take().and_then(|worker| worker.join().err());
        let message = panic.as_ref().and_then(|p| {
            p.downcast_ref::<&str>()
                .map(ToString::to_string)
                .or(p.downcast_ref::<String>().cloned())
        });
        Error::Worker {
            problem: message.unwrap_or_else(|| "it ended early".to_string()),
        }
    }
}

fn work(mut plan: Plan, source: &Source, queue: &SyncSender<Result<Batch>>) {
    let epoch = plan.epoch;
    while let Some(indices) = plan.advance() {
        let batch = source.batch(epoch, indices);
        let failed = batch.is_err();
        // Sending fails once the receiver is gone: nobody wants further batches.
        if queue.send(batch).is_err() || failed {
            return;
        }
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(worker) = self.worker.take() {
            // A panic of the worker has nobody left to tell: its batches were not wanted any more.
            let _ = worker.join();
        }
    }
}
