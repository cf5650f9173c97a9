//! What the calling thread is about, for those who change what the kernel answers.

use std::cell::Cell;

/// The kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Other,
    Invalidation,
    Sweep,
}

thread_local! {
    static NOW: Cell<Doing> = const { Cell::new(Doing::Other) };
}

impl Doing {
    /// What this thread is doing.
    pub(crate) fn now() -> Self {
        NOW.get()
    }

    /// Does `act` under this name.
    pub(crate) fn during<R>(self, act: impl FnOnce() -> R) -> R {
        let before = NOW.replace(self);
        let result = act();
        NOW.set(before);
        result
    }
}
