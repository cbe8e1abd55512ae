//! A job and the thread that attends to it. Gates put what happens in order; nothing depends on time.
#![allow(clippy::unwrap_used, reason = "a test may panic, and says where")]

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use itk_core::pump::{self, Attendance};
use itk_core::{CancelToken, Context, Error, pool};
use itk_tests::gate::Gate;

const BOTH: [Attendance; 2] = [Attendance::Polls, Attendance::Progress];

/// Sets the number of threads until it is dropped, for one test at a time.
struct Threads(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

fn threads(n: usize) -> Threads {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    pool::set_num_threads(n);
    Threads(guard)
}

impl Drop for Threads {
    fn drop(&mut self) {
        pool::set_num_threads(0);
    }
}

fn never_stop(_: Option<f64>) -> bool {
    true
}

#[test]
fn the_result_comes_back_whatever_the_attendance() {
    for attendance in BOTH {
        let text = pump::run(&CancelToken::new(), attendance, |_| String::from("result"), &mut never_stop);
        assert_eq!(text, "result");
    }
}

#[test]
fn the_caller_attends_on_its_own_thread_and_hears_progress_that_rises_to_its_end() {
    let heard = Mutex::new(Vec::<(ThreadId, f64)>::new());
    let mut attend = |fraction: Option<f64>| {
        heard.lock().unwrap().extend(fraction.map(|fraction| (thread::current().id(), fraction)));
        true
    };
    let job = |context: &Context<'_>| {
        let steps = context.steps("test", 1000);
        pool::for_each(
            context,
            (0..1000).collect(),
            || (),
            |(), _| {
                steps.tick();
                steps.check()
            },
        )
    };
    pump::run(&CancelToken::new(), Attendance::Progress, job, &mut attend).unwrap();
    let heard = heard.into_inner().unwrap();
    assert!(heard.iter().all(|(thread, _)| *thread == thread::current().id()));
    assert!(heard.windows(2).all(|pair| pair[0].1 < pair[1].1), "{heard:?}");
    assert_eq!(heard.last().unwrap().1, 1.0);
}

#[test]
fn a_slow_attendant_does_not_hold_up_the_job_and_hears_the_latest() {
    let (entered, ended) = (Gate::new(), Gate::new());
    let mut heard = Vec::new();
    let mut attend = |fraction: Option<f64>| {
        if let Some(fraction) = fraction {
            heard.push(fraction);
            if heard.len() == 1 {
                entered.open();
                // As slow as can be: until the job is at its end.
                ended.wait();
            }
        }
        true
    };
    let job = |context: &Context<'_>| {
        context.report(0.1);
        entered.wait();
        for i in 2..=10 {
            context.report(f64::from(i) / 10.0);
        }
        ended.open();
    };
    pump::run(&CancelToken::new(), Attendance::Progress, job, &mut attend);
    assert_eq!(heard, [0.1, 1.0]);
}

#[test]
fn a_job_without_progress_is_polled_while_it_runs() {
    let _two = threads(2);
    for attendance in BOTH {
        let polled = Gate::new();
        let mut attend = |fraction: Option<f64>| {
            assert_eq!(fraction, None);
            polled.open();
            true
        };
        let job = |context: &Context<'_>| {
            // Two items, so that the calling thread waits for the pool.
            pool::for_each(
                context,
                vec![0, 1],
                || (),
                |(), item| {
                    if item == 0 {
                        polled.wait();
                    }
                    Ok::<_, Error>(())
                },
            )
        };
        pump::run(&CancelToken::new(), attendance, job, &mut attend).unwrap();
    }
}

#[test]
fn a_job_on_the_calling_thread_is_polled_at_its_checks() {
    let polls = AtomicUsize::new(0);
    let mut attend = |_| {
        polls.fetch_add(1, Ordering::Relaxed);
        true
    };
    let job = |context: &Context<'_>| {
        let here = thread::current().id();
        let steps = context.steps("test", 1);
        while polls.load(Ordering::Relaxed) < 3 {
            steps.check().unwrap();
        }
        here
    };
    let thread = pump::run(&CancelToken::new(), Attendance::Polls, job, &mut attend);
    assert_eq!(thread, thread::current().id());
}

#[test]
fn refusing_to_go_on_cancels_this_run_alone_and_is_asked_once() {
    for attendance in BOTH {
        let token = CancelToken::new();
        let calls = AtomicUsize::new(0);
        let mut attend = |_| {
            calls.fetch_add(1, Ordering::Relaxed);
            false
        };
        let job = |context: &Context<'_>| {
            let steps = context.steps("test", 1);
            loop {
                steps.check()?;
                thread::yield_now();
            }
        };
        let result: itk_core::Result<()> = pump::run(&token, attendance, job, &mut attend);
        assert!(matches!(result, Err(Error::Aborted { filter }) if filter == "test"));
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert!(!token.is_cancelled(), "the caller's token serves other runs, too");
    }
}

#[test]
fn a_token_cancels_from_another_thread() {
    for attendance in BOTH {
        let (token, running) = (CancelToken::new(), Gate::new());
        thread::scope(|scope| {
            scope.spawn(|| {
                running.wait();
                token.cancel();
            });
            let job = |context: &Context<'_>| {
                running.open();
                let steps = context.steps("test", 1);
                loop {
                    steps.check()?;
                    thread::yield_now();
                }
            };
            let result: itk_core::Result<()> = pump::run(&token, attendance, job, &mut never_stop);
            assert!(result.is_err());
        });
    }
}

#[test]
fn panics_come_out_as_the_callers_own_and_the_pool_goes_on() {
    for attendance in BOTH {
        for parallel in [false, true] {
            let job = |context: &Context<'_>| {
                assert!(parallel, "from the job");
                pool::for_each(
                    context,
                    vec![0, 1, 2, 3],
                    || (),
                    |(), item| {
                        assert!(item != 2, "from the pool");
                        Ok::<_, Error>(())
                    },
                )
            };
            let run = || pump::run(&CancelToken::new(), attendance, job, &mut never_stop);
            let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
            let expected = if parallel { "from the pool" } else { "from the job" };
            let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(|s| &**s));
            assert_eq!(text, Some(expected));
        }
        let sum = AtomicUsize::new(0);
        let add = |(): &mut (), item| {
            sum.fetch_add(item, Ordering::Relaxed);
            Ok::<_, Error>(())
        };
        let job = |context: &Context<'_>| pool::for_each(context, vec![1, 2, 3, 4], || (), add);
        pump::run(&CancelToken::new(), attendance, job, &mut never_stop).unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 10);
    }
}

#[test]
fn a_panic_of_the_attendant_stops_the_job() {
    let job = |context: &Context<'_>| {
        let steps = context.steps("test", 1);
        while steps.check().is_ok() {
            thread::yield_now();
        }
    };
    for attendance in BOTH {
        let mut attend = |_| panic!("from the attendant");
        let run = || pump::run(&CancelToken::new(), attendance, job, &mut attend);
        let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"from the attendant"));
    }
}

#[test]
fn the_attendant_may_run_other_jobs() {
    let inner = |depth: usize| {
        let job = move |context: &Context<'_>| {
            context.report(0.5);
            pool::for_each(context, vec![1, 2], || (), |(), _| Ok::<_, Error>(())).map(|()| depth)
        };
        pump::run(&CancelToken::new(), Attendance::Progress, job, &mut never_stop).unwrap()
    };
    let mut depths = Vec::new();
    let mut attend = |fraction: Option<f64>| {
        if fraction.is_some() {
            depths.push(inner(depths.len()));
        }
        true
    };
    let job = |context: &Context<'_>| {
        let steps = context.steps("test", 8);
        pool::for_each(
            context,
            vec![(); 8],
            || (),
            |(), ()| {
                steps.tick();
                steps.check()
            },
        )
    };
    pump::run(&CancelToken::new(), Attendance::Progress, job, &mut attend).unwrap();
    assert!(!depths.is_empty() && depths.iter().copied().eq(0..depths.len()));
}

/// The only thread of such a pool must do the work itself: a caller that sleeps until another one has would sleep for ever.
#[test]
fn within_a_pool_of_one_thread_the_calling_thread_works_and_attends() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let heard = one.install(|| {
        let mut heard = Vec::new();
        let mut attend = |fraction: Option<f64>| {
            heard.extend(fraction);
            true
        };
        let job = |context: &Context<'_>| {
            let steps = context.steps("test", 4);
            pool::for_each(
                context,
                vec![(); 4],
                || (),
                |(), ()| {
                    steps.tick();
                    steps.check()
                },
            )
        };
        pump::run(&CancelToken::new(), Attendance::Progress, job, &mut attend).unwrap();
        heard
    });
    assert_eq!(heard, [0.25, 0.5, 0.75, 1.0]);
}

#[test]
fn a_context_limits_the_threads_of_its_run() {
    let threads_of = |limit: usize, workers: usize| {
        let (threads, all) = (Mutex::new(HashSet::new()), Gate::new());
        let job = |context: &Context<'_>| {
            let context = context.clone().num_threads(limit);
            assert_eq!(context.threads(), workers);
            pool::for_each(
                &context,
                (0..workers * 8).collect(),
                || (),
                |(), _| {
                    let mut threads = threads.lock().unwrap();
                    threads.insert(thread::current().id());
                    if threads.len() == workers {
                        all.open();
                    }
                    drop(threads);
                    all.wait();
                    Ok::<_, Error>(())
                },
            )
        };
        pump::run(&CancelToken::new(), Attendance::Polls, job, &mut never_stop).unwrap();
        threads.into_inner().unwrap()
    };
    let _three = threads(3);
    assert_eq!(threads_of(1, 1), HashSet::from([thread::current().id()]));
    assert_eq!(threads_of(2, 2).len(), 2);
    assert_eq!(threads_of(0, 3).len(), 3);
    assert_eq!(threads_of(9, 3).len(), 3);
}

#[test]
fn eight_callers_share_the_pool() {
    let _two = threads(2);
    let (names, all) = (Mutex::new(HashSet::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let job = |context: &Context<'_>| {
                    pool::for_each(
                        context,
                        (0..64).collect(),
                        || (),
                        |(), item| {
                            names.lock().unwrap().insert(thread::current().name().map(str::to_owned));
                            all.fetch_add(item, Ordering::Relaxed);
                            Ok::<_, Error>(())
                        },
                    )
                };
                pump::run(&CancelToken::new(), Attendance::Polls, job, &mut never_stop).unwrap();
            });
        }
    });
    assert_eq!(all.load(Ordering::Relaxed), 8 * (0..64).sum::<usize>());
    let names = names.into_inner().unwrap();
    let ours = |name: &Option<String>| name.as_deref().is_some_and(|name| name.starts_with("oxitk-"));
    assert!(names.len() <= 2 && names.iter().all(ours), "{names:?}");
}

#[test]
fn a_short_job_does_not_wait_for_the_end_of_a_long_one() {
    let _two = threads(2);
    let (begun, ended) = (Gate::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            // Ends only after the short job has.
            let job = |context: &Context<'_>| {
                pool::for_each(
                    context,
                    (0..100_000).collect(),
                    || (),
                    |(), _| {
                        begun.open();
                        thread::sleep(std::time::Duration::from_millis(1));
                        if ended.load(Ordering::Relaxed) > 0 { Err(()) } else { Ok(()) }
                    },
                )
            };
            let result = pump::run(&CancelToken::new(), Attendance::Polls, job, &mut never_stop);
            assert_eq!(result, Err(()), "the long job had an end of its own");
        });
        begun.wait();
        let short = |context: &Context<'_>| {
            pool::for_each(context, vec![0, 1, 2, 3], || (), |(), _| Ok::<_, Error>(()))
        };
        pump::run(&CancelToken::new(), Attendance::Polls, short, &mut never_stop).unwrap();
        ended.store(1, Ordering::Relaxed);
    });
}
