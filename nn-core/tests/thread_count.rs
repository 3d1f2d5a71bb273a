//! The number of threads is one setting of the process; this file is a process of its own.

use nn_core::kernels::threads::{MAX_THREADS, cores, parallel_for, set_threads, threads};
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

#[test]
fn the_number_of_threads_can_be_set_at_any_time() {
    assert!(threads() >= 1);
    assert!(cores() >= 1);
    for n in [2, 5, 1, 3] {
        set_threads(n);
        assert_eq!(threads(), n);
        let seen = Mutex::new(HashSet::new());
        parallel_for(64, &|_| {
            // Long enough for every worker to wake.
            std::thread::sleep(Duration::from_millis(2));
            seen.lock().unwrap().insert(std::thread::current().id());
        });
        let seen = seen.into_inner().unwrap().len();
        assert!(seen <= n, "{seen} threads took part, {n} were set");
        assert!(n == 1 || seen > 1, "only one of {n} threads took part");
    }
    set_threads(0);
    assert_eq!(threads(), 1);
    set_threads(usize::MAX);
    assert_eq!(threads(), MAX_THREADS);
}
