//! How a mutex is held here.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a panic left behind is looked at as it is: nothing held this way is changed in two steps.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
