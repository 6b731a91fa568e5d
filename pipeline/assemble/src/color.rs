//! Colour: the sRGB output intent, and the scans' own profiles.

use std::collections::BTreeMap;

use model::Sha256;
use moxcms::ColorProfile;

use crate::{
    Error,
    writer::{Pdf, Reserved},
};

/// The sRGB profile, always the same bytes: the encoder stamps the time it runs, and the file must not know it.
pub(crate) fn srgb() -> Result<Vec<u8>, Error> {
    let mut profile = ColorProfile::new_srgb();
    profile.cicp = None; // of ICC v4.4, newer than what ISO 19005-2 refers to
    let mut bytes = profile.encode().map_err(|error| Error::Output(std::io::Error::other(error.to_string())))?;
    if let Some(date) = bytes.get_mut(24..36) {
        date.copy_from_slice(&[7, 226, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]); // 2018-01-01 00:00:00
    }
    if let Some(id) = bytes.get_mut(84..100) {
        id.fill(0); // not computed
    }
    Ok(bytes)
}

/// Whether a profile may stand in an archival PDF for an image of so many samples (ISO 19005-2 §6.2.4.2).
pub(crate) fn usable(profile: &[u8], components: u8) -> bool {
    let field = |at: usize| profile.get(at..at + 4);
    let number = |at: usize| field(at).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    let space: &[u8] = if components == 1 { b"GRAY" } else { b"RGB " };
    let class = field(12).is_some_and(|class| [b"scnr", b"mntr", b"prtr", b"spac"].iter().any(|known| class == *known));
    let tags = number(128).is_some_and(|tags| tags > 0 && tags < 1000);
    number(0) == Some(profile.len() as u32)
        && field(36) == Some(b"acsp")
        && field(16) == Some(space)
        && profile.get(8).is_some_and(|major| (1..=4).contains(major))
        && class
        && tags
}

/// Profiles already written: a scanner's pages share one.
#[derive(Default)]
pub(crate) struct Profiles(BTreeMap<Sha256, Reserved>);

impl Profiles {
    /// The colour space of a scan: its own profile when it has a usable one, else the device space the output intent gives meaning.
    pub(crate) fn space(&mut self, pdf: &mut Pdf<'_>, icc: Option<&[u8]>, components: u8) -> Result<String, Error> {
        let device = if components == 1 { "/DeviceGray" } else { "/DeviceRGB" };
        let Some(icc) = icc.filter(|icc| usable(icc, components)) else { return Ok(device.to_owned()) };
        let digest = Sha256::of(icc);
        if let Some(found) = self.0.get(&digest) {
            return Ok(format!("[/ICCBased {found}]"));
        }
        let at = pdf.flate_stream(&format!("/N {components}/Alternate{device}"), icc)?;
        self.0.insert(digest, at);
        Ok(format!("[/ICCBased {at}]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_intent_never_changes() {
        let first = srgb().expect("encoded");
        assert_eq!(first, srgb().expect("encoded"));
        assert!(usable(&first, 3) && !usable(&first, 1));
        assert!(!usable(&first[..first.len() - 1], 3) && !usable(b"", 3));
        ColorProfile::new_from_slice(&first).expect("reads back");
    }
}
