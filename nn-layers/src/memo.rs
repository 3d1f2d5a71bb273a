//! A computed value kept for the next time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The last value computed, with the key it was computed for. A copy starts empty.
pub(crate) struct Memo<K, V>(Mutex<Option<(K, Arc<V>)>>);

impl<K: PartialEq, V> Memo<K, V> {
    /// The value for `key`: the kept one if it is for this key, else a new one.
    pub(crate) fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((for_key, value)) = &*kept
            && *for_key == key
        {
            return Ok(value.clone());
        }
        let value = Arc::new(make()?);
        *kept = Some((key, value.clone()));
        Ok(value)
    }
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Memo(Mutex::new(None))
    }
}

impl<K, V> Clone for Memo<K, V> {
    fn clone(&self) -> Self {
        Memo::default()
    }
}

impl<K, V> fmt::Debug for Memo<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_anew_for_a_new_key_only() {
        let memo = Memo::default();
        let get = |key: u32| memo.get(key, || Ok::<_, ()>(key * 10)).unwrap();
        let first = get(1);
        assert!(Arc::ptr_eq(&first, &get(1)));
        assert_eq!((*get(2), *get(1)), (20, 10));
        assert!(memo.get(3, || Err("no")).is_err());
        assert!(!Arc::ptr_eq(&first, &get(1)));
    }
}
