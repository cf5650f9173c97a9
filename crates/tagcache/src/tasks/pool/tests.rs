use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn no_more_jobs_run_at_once_than_the_pool_allows() {
    let pool = Pool::new(2);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    runtime().block_on(async {
        let jobs: Vec<_> = (0..100)
            .map(|_| {
                let (pool, now, most) = (Arc::clone(&pool), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    pool.run(move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                    })
                    .await;
                })
            })
            .collect();
        for job in jobs {
            job.await.expect("no panic");
        }
    });
    assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    assert_eq!(pool.queue().workers, 0, "and nobody stays");
}

#[test]
fn a_job_whose_caller_is_gone_runs_and_its_answer_is_dropped_on_the_pool() {
    struct Tells(std::sync::mpsc::Sender<std::thread::ThreadId>);
    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(std::thread::current().id());
        }
    }
    let pool = Pool::new(1);
    let (tell, told) = std::sync::mpsc::channel();
    let gate = Arc::new(Barrier::new(2));
    let runtime = runtime();
    runtime.block_on(async {
        let inside = Arc::clone(&gate);
        let mut run = Box::pin(pool.run(move || {
            inside.wait();
            Tells(tell)
        }));
        tokio::select! {
            biased;
            _ = &mut run => panic!("the gate is closed"),
            () = std::future::ready(()) => {}
        }
        drop(run);
        gate.wait();
        let dropped_by = told.recv_timeout(Duration::from_secs(60)).expect("it was dropped");
        assert_ne!(dropped_by, std::thread::current().id());
    });
}

#[test]
fn a_panic_of_a_job_is_that_of_its_caller_and_the_pool_goes_on() {
    let pool = Pool::new(1);
    let runtime = runtime();
    let panicked =
        catch_unwind(AssertUnwindSafe(|| runtime.block_on(pool.run(|| -> u8 { panic!("of the test") }))));
    assert!(panicked.is_err());
    assert_eq!(runtime.block_on(pool.run(|| 7)), 7);
}

/// The only thread of a runtime is busy when the runtime is given up, so the job was never begun there.
#[test]
fn a_job_of_a_runtime_that_is_gone_is_done_all_the_same() {
    let pool = Pool::new(1);
    let first = Builder::new_current_thread().max_blocking_threads(1).build().expect("a runtime");
    let gate = Arc::new(Barrier::new(2));
    let inside = Arc::clone(&gate);
    first.spawn_blocking(move || inside.wait());
    let done = Arc::new(AtomicUsize::new(0));
    {
        let _in_first = first.enter();
        for _ in 0..3 {
            let (done, again) = (Arc::clone(&done), Arc::clone(&pool));
            pool.submit(Box::new(move || {
                done.fetch_add(1, Ordering::SeqCst);
                let done = Arc::clone(&done);
                again.submit(Box::new(move || _ = done.fetch_add(1, Ordering::SeqCst)));
            }));
        }
    }
    first.shutdown_background();
    gate.wait();
    let second = runtime();
    assert_eq!(second.block_on(pool.run(|| 7)), 7, "the pool serves other runtimes");
    while done.load(Ordering::SeqCst) < 6 {
        std::thread::yield_now();
    }
}

#[test]
fn outside_of_a_runtime_a_job_is_done_at_once() {
    let pool = Pool::new(1);
    let done = Arc::new(AtomicUsize::new(0));
    let inside = Arc::clone(&done);
    pool.submit(Box::new(move || _ = inside.fetch_add(1, Ordering::SeqCst)));
    assert_eq!(done.load(Ordering::SeqCst), 1);
}
