//! Work shared by the threads of a pool.
//!
//! A pass through a model has hundreds of short parallel steps. To wake a sleeping thread takes as long as some of them, so for
//! the time of a pass the threads form a team that stays awake.

use std::cell::Cell;
use std::hint::spin_loop;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::yield_now;

/// Looks for work before a waiting thread lets others have the processor.
const SPINS: usize = 1 << 12;

thread_local! {
    /// The team that this thread leads.
    static TEAM: Cell<*const Team> = const { Cell::new(std::ptr::null()) };
}

/// What the members of a team have in common.
struct Team {
    /// Counts the steps: odd while one is open to the members.
    step: AtomicUsize,
    /// The work of the open step.
    work: Cell<Option<*const (dyn Fn() + Sync)>>,
    /// Members that are at work, or about to see that there is none.
    inside: AtomicUsize,
    panicked: AtomicBool,
    ended: AtomicBool,
}

// SAFETY: `work` is written by the leader while no step is open and nobody is inside, and read by members that are inside
// while one is open.
unsafe impl Sync for Team {}

impl Team {
    fn new() -> Self {
        Self {
            step: AtomicUsize::new(0),
            work: Cell::new(None),
            inside: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        }
    }

    /// A member's part: takes part in every step until the pass ends.
    fn serve(&self) {
        let (mut done, mut spins) = (0, 0);
        while !self.ended.load(Ordering::Acquire) {
            let step = self.step.load(Ordering::SeqCst);
            if step % 2 == 1 && step != done {
                self.inside.fetch_add(1, Ordering::SeqCst);
                // The leader closes a step first and looks then who is inside, so one of the two sees the other.
                if self.step.load(Ordering::SeqCst) == step
                    && let Some(work) = self.work.get()
                {
                    // SAFETY: the leader keeps the work alive until nobody is inside.
                    if catch_unwind(AssertUnwindSafe(|| unsafe { (*work)() })).is_err() {
                        self.panicked.store(true, Ordering::SeqCst);
                    }
                }
                self.inside.fetch_sub(1, Ordering::SeqCst);
                (done, spins) = (step, 0);
            }
            spins += 1;
            if spins < SPINS { spin_loop() } else { yield_now() }
        }
    }

    /// Does the work together with the members.
    fn step(&self, work: &(dyn Fn() + Sync)) {
        // SAFETY: only the lifetime changes; the work is not used any more when this function ends.
        let work: *const (dyn Fn() + Sync) = unsafe { std::mem::transmute(work) };
        self.work.set(Some(work));
        self.step.fetch_add(1, Ordering::SeqCst);
        // SAFETY: it was a reference.
        let result = catch_unwind(AssertUnwindSafe(|| unsafe { (*work)() }));
        self.step.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0;
        while self.inside.load(Ordering::SeqCst) > 0 {
            spins += 1;
            if spins < SPINS { spin_loop() } else { yield_now() }
        }
        if let Err(panic) = result {
            resume_unwind(panic);
        }
        assert!(!self.panicked.load(Ordering::SeqCst), "a thread failed in its part of the work");
    }
}

/// Runs a pass on a thread of the pool, with the others as its team.
pub(in crate::engine) fn pass<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    /// Ends the team however the pass ends.
    struct Lead<'a>(&'a Team);
    impl Drop for Lead<'_> {
        fn drop(&mut self) {
            TEAM.set(std::ptr::null());
            self.0.ended.store(true, Ordering::Release);
        }
    }
    let team = Team::new();
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads() {
            scope.spawn(|_| team.serve());
        }
        let _lead = Lead(&team);
        TEAM.set(&raw const team);
        work()
    })
}

/// Tasks that one thread begins with.
struct Share {
    /// The next one that nobody has.
    next: AtomicUsize,
    end: usize,
}

/// Does tasks 0 to `tasks` − 1. Each thread begins with a share of neighbours, so that it reads memory from front to back, and
/// then takes what the others have left: a thread that the system holds up holds up nothing but the task it has. Each has a
/// scratch of its own.
pub(super) fn for_each<S>(tasks: usize, scratch: impl Fn() -> S + Sync, work: impl Fn(&mut S, usize) + Sync) {
    let threads = rayon::current_num_threads().min(tasks);
    let first = |share: usize| share * tasks / threads;
    let shares: Vec<Share> =
        (0..threads).map(|share| Share { next: AtomicUsize::new(first(share)), end: first(share + 1) }).collect();
    let joined = AtomicUsize::new(0);
    let run = || {
        let (own, mut mine) = (joined.fetch_add(1, Ordering::Relaxed), None);
        for turn in 0..threads {
            let share = &shares[(own + turn) % threads];
            loop {
                let task = share.next.fetch_add(1, Ordering::Relaxed);
                if task >= share.end {
                    break;
                }
                work(mine.get_or_insert_with(&scratch), task);
            }
        }
    };
    if threads <= 1 {
        return run();
    }
    let team = TEAM.get();
    if !team.is_null() {
        // SAFETY: the pass that this thread leads has not ended.
        return unsafe { (*team).step(&run) };
    }
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| run());
        }
        run();
    });
}

/// A slice that several threads write to, each in places of its own.
pub(super) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: what it gives out is as safe to send as the slice itself, by the contract of `part`.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub(super) fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// A part of the slice.
    ///
    /// # Safety
    /// While the part is used, nobody else may ask for one that overlaps it.
    ///
    /// # Panics
    /// If the part lies outside of the slice.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn part(&self, start: usize, len: usize) -> &mut [T] {
        assert!(start <= self.len && len <= self.len - start, "a part of a shared slice lies outside of it");
        // SAFETY: it lies within the slice, which is borrowed as long as this; the caller sees to the overlaps.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(tasks: usize) -> usize {
        let total = AtomicUsize::new(0);
        for_each(
            tasks,
            || (),
            |(), task| {
                total.fetch_add(task + 1, Ordering::Relaxed);
            },
        );
        total.into_inner()
    }

    #[test]
    fn every_task_is_done_once_with_a_team_and_without() {
        let expected = |tasks: usize| tasks * (tasks + 1) / 2;
        for tasks in [0, 1, 2, 3, 1000] {
            assert_eq!(sum(tasks), expected(tasks));
        }
        let sums = pass(|| (0..2000).map(|i| sum(i % 7)).collect::<Vec<_>>());
        assert_eq!(sums, (0..2000).map(|i| expected(i % 7)).collect::<Vec<_>>());
        assert!(TEAM.get().is_null());
    }

    #[test]
    fn a_panic_in_a_task_ends_the_pass_and_nothing_hangs() {
        for bad in [0, 5, 99] {
            let failed = catch_unwind(|| pass(|| for_each(100, || (), |(), task| assert_ne!(task, bad))));
            assert!(failed.is_err());
        }
        assert_eq!(pass(|| sum(100)), 5050);
    }
}
