//! Who a task is, for the register of those who fill and wait.
//!
//! A task may do several things at once (`join!`), so the task alone does not say who asks: two futures of one task may
//! well follow each other. What must not wait is what a computation asks for, and that is known by a word that is set
//! while the computation is polled. A fill without a closure is known by its task.

use std::cell::Cell;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use tagcache_fs::sys::Env;

use crate::held::Who;

thread_local! {
    /// The computation that is being polled.
    static COMPUTING: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Who makes a call that computes.
pub(super) fn caller(env: &impl Env) -> Who {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    match COMPUTING.get() {
        Some(computation) => computation.into(),
        None => Who { id: named("call", CALLS.fetch_add(1, Ordering::Relaxed)), within: task(env) },
    }
}

/// Who begins a fill that is in the hands of the task.
pub(super) fn holder(env: &impl Env) -> Who {
    COMPUTING.get().unwrap_or_else(|| task(env)).into()
}

/// The task that is polled; outside of tasks, in `block_on`, the thread.
fn task(env: &impl Env) -> u64 {
    tokio::task::try_id().map_or_else(|| env.task(), |id| named("task", id))
}

fn named(kind: &str, number: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, number).hash(&mut hasher);
    hasher.finish()
}

/// Lets a future run as the computation of `who`.
pub(super) async fn computing<F: Future>(who: Who, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _entered = Entered(COMPUTING.replace(Some(who.id)));
        future.as_mut().poll(context)
    })
    .await
}

/// Brings back what was set before, also after a panic.
struct Entered(Option<u64>);

impl Drop for Entered {
    fn drop(&mut self) {
        COMPUTING.set(self.0);
    }
}
