//! A few threads of tokio's pool for blocking work, and a queue in front of them.
//!
//! A job belongs to the queue and not to the task that waits for it: it runs to its end whether the task is polled,
//! dropped, or belongs to a runtime that is gone. So a task that holds a future and does not poll it is in nobody's way.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

pub(crate) struct Pool {
    at_once: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Those that run, and those that tokio was asked to run.
    workers: usize,
    /// The last worker was given up by its runtime, and its jobs are done where it was dropped. Nothing is asked of tokio
    /// meanwhile: it may hold its lock.
    is_giving_up: bool,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("at_once", &self.at_once).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(at_once: usize) -> Arc<Self> {
        Arc::new(Self { at_once, queue: Mutex::default() })
    }

    /// Runs `work`, which may block, and gives its answer. If nobody waits for the answer any more it is dropped on the
    /// pool, since dropping may block, too.
    pub(crate) async fn run<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> R {
        let (give, take) = oneshot::channel();
        self.submit(Box::new(move || drop(give.send(catch_unwind(AssertUnwindSafe(work))))));
        let mut answer = Answer { take, pool: Arc::clone(self) };
        match (&mut answer.take).await {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => resume_unwind(panic),
            // A job is run in any case; without an answer there is nobody left to be answered.
            Err(_) => std::future::pending().await,
        }
    }

    /// Has a job done, in the order in which they come.
    pub(crate) fn submit(self: &Arc<Self>, job: Job) {
        let is_wanted = {
            let mut queue = self.queue();
            queue.jobs.push_back(job);
            let is_wanted = !queue.is_giving_up && queue.workers < self.at_once;
            queue.workers += usize::from(is_wanted);
            is_wanted
        };
        if is_wanted {
            let worker = Worker { pool: Arc::clone(self), has_left: false };
            match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn_blocking(move || worker.work())),
                // Something is dropped outside of any runtime: there is no task that could be kept from running.
                Err(_) => worker.work(),
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what there is to do, and leaves.
struct Worker {
    pool: Arc<Pool>,
    has_left: bool,
}

impl Worker {
    fn work(mut self) {
        self.do_all();
    }

    fn do_all(&mut self) {
        while let Some(job) = self.next() {
            // A job keeps its own panic for whoever waits for it; what is left is a drop that panics.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    /// The next job. Without one the worker has left, so that whoever comes later finds no worker.
    fn next(&mut self) -> Option<Job> {
        let mut queue = self.pool.queue();
        let job = queue.jobs.pop_front();
        if job.is_none() {
            queue.workers -= 1;
            queue.is_giving_up = false;
            self.has_left = true;
        }
        job
    }
}

/// A runtime that ends drops what it did not run.
impl Drop for Worker {
    fn drop(&mut self) {
        if self.has_left {
            return;
        }
        {
            let mut queue = self.pool.queue();
            if queue.workers > 1 {
                queue.workers -= 1;
                return;
            }
            queue.is_giving_up = true;
        }
        self.do_all();
    }
}

/// The answer that somebody waits for, until it is dropped.
struct Answer<R: Send + 'static> {
    take: oneshot::Receiver<R>,
    pool: Arc<Pool>,
}

impl<R: Send + 'static> Drop for Answer<R> {
    fn drop(&mut self) {
        self.take.close();
        if let Ok(answer) = self.take.try_recv() {
            self.pool.submit(Box::new(move || drop(answer)));
        }
    }
}

#[cfg(test)]
mod tests;
