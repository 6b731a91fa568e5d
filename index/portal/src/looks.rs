//! One look at a page is one entry of the access log, also when it is scrolled, zoomed and turned back to.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

const SAME_LOOK: Duration = Duration::from_mins(10);

/// Who looked at which page of which document in the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<BTreeMap<(String, String, u32), Duration>>);

impl Looks {
    /// Notes a look, unless it is the same as one that was noted a while ago.
    pub(crate) fn once<E>(
        &self,
        (actor, document, page): (&str, &str, u32),
        now: Duration,
        note: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.retain(|_, at| now.saturating_sub(*at) < SAME_LOOK);
        let look = (actor.to_owned(), document.to_owned(), page);
        // First noted, then remembered: nothing is shown on the strength of an entry that is not there. Meanwhile the same
        // look waits.
        if !looks.contains_key(&look) {
            note()?;
        }
        looks.insert(look, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: (&str, &str, u32) = ("an", "id-1", 1);

    #[test]
    fn a_look_that_could_not_be_noted_is_noted_the_next_time() {
        let (looks, now) = (Looks::default(), Duration::from_secs(1));
        assert_eq!(looks.once(LOOK, now, || Err("the disk is full")), Err("the disk is full"));
        assert_eq!(looks.once(LOOK, now, || Err("still")), Err("still"), "nothing is shown without its entry");
        assert_eq!(looks.once(LOOK, now, || Ok::<(), &str>(())), Ok(()));
    }

    #[test]
    fn the_same_look_is_noted_once_in_a_while() {
        let looks = Looks::default();
        let mut noted = 0;
        for second in [0, 1, 599, 600, 1200] {
            let note = || {
                noted += 1;
                Ok::<(), ()>(())
            };
            looks.once(LOOK, Duration::from_secs(second), note).expect("noted");
        }
        assert_eq!(noted, 2);
        looks.once(("binh", "id-1", 1), Duration::from_secs(1201), || Err(())).expect_err("another person's look");
    }
}
