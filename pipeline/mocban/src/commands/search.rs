//! `mocban search`: pages by words and numbers.

use std::path::Path;

use ::search::Index;
use conduct::Error;
use serde_json::json;

use crate::{exit, ui::Ui};

pub(super) fn search(ui: Ui, root: &Path, query: &str, limit: usize) -> Result<u8, Error> {
    config::Settings::load(root)?;
    let found = Index::open(&root.join("index"))?.find(query, limit)?;
    if ui.json {
        Ui::object(&json!({
            "schema": "mocban.search/1", "query": query, "total": found.total, "hits": found.hits,
            "suggestion": found.suggestion,
        }));
        return Ok(exit::OK);
    }
    ui.say("search-total", &[("total", found.total.to_string()), ("query", query.to_owned())]);
    for hit in &found.hits {
        ui.line(&format!("{} · {}", hit.title, ui.text("page", &[("page", hit.page.to_string())])));
        ui.line(&format!("    {}", hit.snippet));
        ui.line(&format!("    {}", hit.id));
    }
    if let Some(suggestion) = &found.suggestion {
        ui.say("search-suggestion", &[("suggestion", suggestion.clone())]);
    }
    Ok(exit::OK)
}
