//! Work shared by the threads of a pool.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does tasks 0 to `tasks` − 1. Each thread takes the next one that nobody has, with a scratch of its own; a thread that the
/// system holds up holds up nothing but the task it has.
pub(super) fn for_each<S>(tasks: usize, scratch: impl Fn() -> S + Sync, work: impl Fn(&mut S, usize) + Sync) {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut own = None;
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            work(own.get_or_insert_with(&scratch), task);
        }
    };
    let threads = rayon::current_num_threads().min(tasks);
    if threads <= 1 {
        return run();
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
