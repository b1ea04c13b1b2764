//! A value that views follow.
//!
//! Leptos's signals compile their arena and guards anew for each type they hold, a few kilobytes each; this adds a lock to Leptos's own trigger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leptos::{
    prelude::{ArcTrigger, Notify, Track},
    tachys::reactive_graph::SharedReactiveFunction,
};

#[derive(Debug, Default)]
pub(super) struct Told<T> {
    value: Mutex<T>,
    trigger: ArcTrigger,
}

impl<T> Told<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), trigger: ArcTrigger::new() }
    }

    /// Reads it; the view or effect that asks is run again when it changes.
    pub(super) fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.trigger.track();
        self.peek(read)
    }

    /// Reads it without following it.
    pub(super) fn peek<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.lock())
    }

    pub(super) fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let answer = self.update_quietly(change);
        self.trigger.notify();
        answer
    }

    /// Changes it without telling anybody.
    pub(super) fn update_quietly<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.lock())
    }

    pub(super) fn tell(&self) {
        self.trigger.notify();
    }

    pub(super) fn set(&self, value: T) {
        self.update(|known| *known = value);
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Told<T> {
    pub(super) fn get(&self) -> T {
        self.with(T::clone)
    }
}

/// A piece of a view that follows what it reads. Pieces of one type of value share their code.
pub(super) fn live<T>(read: impl FnMut() -> T + Send + 'static) -> SharedReactiveFunction<T> {
    Arc::new(Mutex::new(read))
}
