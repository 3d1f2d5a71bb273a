//! Ctrl-C: the first one asks training to end after the current batch, the second ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result, exit};

/// The flag that Ctrl-C sets while training runs.
#[derive(Clone, Debug)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    /// Whether somebody still looks at the flag.
    heard: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes Ctrl-C over.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn install() -> Result<Interrupt> {
        let interrupt = Interrupt {
            asked: Arc::default(),
            heard: Arc::new(AtomicBool::new(true)),
        };
        let handler = interrupt.clone();
        ctrlc::set_handler(move || {
            if handler.asked.swap(true, Ordering::SeqCst) || !handler.heard.load(Ordering::SeqCst) {
                std::process::exit(exit::INTERRUPTED.into());
            }
        })
        .map_err(|e| Error::failed(format!("Ctrl-C cannot be watched for: {e}")))?;
        Ok(interrupt)
    }

    /// The flag for the training loop.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.asked.clone()
    }

    /// From here on Ctrl-C ends the program at once.
    pub fn release(&self) {
        self.heard.store(false, Ordering::SeqCst);
    }
}
