//! The certification book (*sổ chứng thực*, Điều 16; TT 10/2014): numbers are gapless per year, a void one stays visible.

use jiff::{SignedDuration, Timestamp};
use model::{clock::register_year, event::EventKind};
use rusqlite::{OptionalExtension as _, params};

use crate::{
    Error, Job, Register,
    jobs::{Commit, add},
};

/// Clocks are set right by so much without meaning anything.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// One line of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Register year by +07:00.
    pub year: i16,
    /// Number in that year.
    pub number: u32,
    /// The job it was booked for.
    pub job: Option<i64>,
    /// Where it stands.
    pub state: BookingState,
    /// When it was booked, UTC, RFC 3339.
    pub at: String,
    /// Why it is void.
    pub why: String,
}

/// Where a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingState {
    /// Booked, not yet sealed.
    Booked,
    /// On a sealed document.
    Sealed,
    /// Void, and why is told.
    Void,
}

impl BookingState {
    /// Name in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Sealed => "sealed",
            Self::Void => "void",
        }
    }
}

impl Register {
    /// Books the next number of the year for a job, or answers the one it already has: a booking survives crash and wait,
    /// unless a clock that was wrong made it.
    pub fn book(&self, job: &Job) -> Result<Booking, Error> {
        let existing = self.booking_of(job.no)?;
        let now = self.clock.now();
        // Booked in what is still to come: the clock was wrong, and so may be the year. The number stays visible as void.
        let wrong = existing.as_ref().filter(|booking| {
            booking.state == BookingState::Booked
                && booking.at.parse::<Timestamp>().is_ok_and(|at| at.duration_since(now) > CLOCK_TOLERANCE)
        });
        if let Some(booking) = existing.as_ref().filter(|_| wrong.is_none()) {
            return Ok(booking.clone());
        }
        self.write(|tx, now| {
            if let Some(Booking { year, number, .. }) = wrong {
                let event = EventKind::Voided { year: *year, number: *number, why: "clock".into() };
                add(tx, now, Some(job.no), &Commit::of(event))?;
            }
            let year = register_year(now);
            let number: u32 =
                tx.query_row("SELECT coalesce(max(number), 0) + 1 FROM booking WHERE year = ?1", [year], |row| {
                    row.get(0)
                })?;
            add(tx, now, Some(job.no), &Commit::of(EventKind::Booked { year, number }))
        })?;
        self.booking_of(job.no)?.ok_or(Error::Unknown { job: job.no })
    }

    /// The number a job holds, unless void.
    pub fn booking_of(&self, job: i64) -> Result<Option<Booking>, Error> {
        let connection = self.lock();
        let booking = connection
            .prepare_cached("SELECT year, number, job, state, at, why FROM booking WHERE job = ?1 AND state <> 'void'")?
            .query_row([job], booking_of_row)
            .optional()?;
        Ok(booking)
    }

    /// The book of a year (all years when none is named), in order.
    pub fn book_of(&self, year: Option<i16>) -> Result<Vec<Booking>, Error> {
        let connection = self.lock();
        let rows = connection
            .prepare_cached(
                "SELECT year, number, job, state, at, why FROM booking WHERE ?1 IS NULL OR year = ?1 ORDER BY year, number",
            )?
            .query_map(params![year], booking_of_row)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The years that have numbers, in order.
    pub fn book_years(&self) -> Result<Vec<i16>, Error> {
        let connection = self.lock();
        let years = connection
            .prepare_cached("SELECT DISTINCT year FROM booking ORDER BY year")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(years)
    }

    /// Books a number that a stored object proves, after a rebuild whose journal ended before it.
    pub fn book_proven(&self, job: &Job, year: i16, number: u32) -> Result<(), Error> {
        self.write(|tx, now| add(tx, now, Some(job.no), &Commit::of(EventKind::Booked { year, number })))
    }

    /// After a rebuild: numbers below the highest that neither journal nor objects explain become void (*lost*), visibly.
    pub fn void_gaps(&self) -> Result<u64, Error> {
        let book = self.book_of(None)?;
        let mut lost = 0;
        let years: std::collections::BTreeSet<i16> = book.iter().map(|booking| booking.year).collect();
        for year in years {
            let known: Vec<u32> = book.iter().filter(|b| b.year == year).map(|b| b.number).collect();
            let highest = known.iter().copied().max().unwrap_or(0);
            for number in (1..highest).filter(|number| !known.contains(number)) {
                let event = EventKind::Voided { year, number, why: "lost".into() };
                self.write(|tx, now| add(tx, now, None, &Commit::of(event)))?;
                lost += 1;
            }
        }
        Ok(lost)
    }
}

fn booking_of_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Booking> {
    Ok(Booking {
        year: row.get(0)?,
        number: row.get(1)?,
        job: row.get(2)?,
        state: match row.get::<_, String>(3)?.as_str() {
            "sealed" => BookingState::Sealed,
            "void" => BookingState::Void,
            _ => BookingState::Booked,
        },
        at: row.get(4)?,
        why: row.get(5)?,
    })
}
