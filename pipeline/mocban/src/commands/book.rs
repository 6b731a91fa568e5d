//! `mocban book`: the certification register.

use std::path::Path;

use conduct::Error;
use serde_json::{Value, json};

use crate::{commands, exit, ui::Ui};

pub(super) fn book(ui: Ui, root: &Path, year: Option<i16>) -> Result<u8, Error> {
    let (_, register) = commands::reading(root)?;
    for booking in register.book_of(year)? {
        let job = booking.job.map(|no| register.job(no)).transpose()?;
        let card = |key: &str| job.as_ref().and_then(|job| job.card.get(key).cloned()).unwrap_or(Value::Null);
        if ui.json {
            Ui::object(&json!({
                "schema": "mocban.booking/1", "year": booking.year, "number": booking.number,
                "state": booking.state.name(), "why": booking.why, "at": booking.at,
                "id": job.as_ref().and_then(|job| job.document), "source": job.as_ref().map(|job| job.source.clone()),
                "kind": card("certification").get("kind"), "place": card("place"), "pages": card("pages"),
                "sealed_at": card("sealed_at"),
            }));
        } else {
            let state = ui.text(&format!("booking-{}", booking.state.name()), &[]);
            let source = job.as_ref().map(|job| job.source.clone()).unwrap_or_default();
            ui.line(&format!("{:>6}/{}  {state:<12} {source} {}", booking.number, booking.year, booking.why));
        }
    }
    Ok(exit::OK)
}
