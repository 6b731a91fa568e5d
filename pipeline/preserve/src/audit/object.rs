//! One document: which of its inventories can be believed, and whether its files are what that one says.

use std::collections::{BTreeMap, BTreeSet};

use model::{DocumentId, Sha512};

use crate::{
    audit::{Digest, FaultKind, ObjectFacts, Reading, fault_of},
    copy_store::CopyStore,
    inventory::{INVENTORY, INVENTORY_MAX_BYTES, Inventory, SIDECAR, VersionNumber, parse_sidecar, sidecar},
    layout, read,
    sums::{self, SUMS},
};

/// A fault of a document's file.
pub(super) struct Finding {
    pub(super) path: String,
    pub(super) fault: FaultKind,
    /// What an altered file holds instead.
    pub(super) found: Option<Sha512>,
}

/// What the audit of a document found.
#[derive(Default)]
pub(super) struct ObjectAudit {
    pub(super) findings: Vec<Finding>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) manifest: Vec<Sha512>,
}

/// An inventory file as it lies there.
struct Candidate {
    digest: Sha512,
    bytes: Vec<u8>,
    /// None when it cannot be understood, or is not the inventory of its folder.
    inventory: Option<Inventory>,
    /// Whether its sidecar agrees.
    agrees: bool,
}

impl Candidate {
    fn whole(&self) -> Option<&Inventory> {
        self.inventory.as_ref().filter(|_| self.agrees)
    }

    /// What is wrong with an earlier version's inventory beside a later one that is believed. Without its sidecar it
    /// is believed when it has exactly the form we write and tells the same story.
    fn fault_beside(&self, later: &Inventory) -> Option<FaultKind> {
        let same_story = self.inventory.as_ref().is_some_and(|earlier| {
            let versions = &mut earlier.versions.iter();
            earlier.id == later.id && versions.all(|(number, version)| later.versions.get(number) == Some(version))
        });
        let our_form = || {
            let written = self.inventory.as_ref().and_then(|inventory| inventory.to_bytes().ok());
            written.is_some_and(|bytes| bytes == self.bytes)
        };
        match (self.whole().is_some(), same_story) {
            (true, true) => None,
            (true, false) => Some(FaultKind::Forged),
            (false, true) if our_form() => None,
            (false, _) => Some(FaultKind::Altered),
        }
    }
}

pub(super) fn audit(
    copy: &dyn CopyStore,
    id: DocumentId,
    facts: Option<&ObjectFacts>,
    reading: Reading,
) -> ObjectAudit {
    let mut check = Check { copy, place: layout::place(id), reading, audit: ObjectAudit::default() };
    check.run(id, facts);
    check.audit
}

struct Check<'a> {
    copy: &'a dyn CopyStore,
    place: String,
    reading: Reading,
    audit: ObjectAudit,
}

impl Check<'_> {
    fn note(&mut self, below: &str, fault: FaultKind) {
        self.audit.findings.push(Finding { path: format!("{}/{below}", self.place), fault, found: None });
    }

    fn run(&mut self, id: DocumentId, facts: Option<&ObjectFacts>) {
        let (files, others) = match read::files(self.copy, &self.place) {
            Ok(listing) => listing,
            Err(error) => {
                let path = self.place.clone();
                self.audit.findings.push(Finding { path, fault: fault_of(&error), found: None });
                return;
            }
        };
        for path in others {
            self.note(&path, FaultKind::Extra);
        }
        let (root, versions) = self.candidates(&files);
        let Some((base, inventory)) = self.base(root.as_ref(), &versions, facts) else { return };
        if inventory.id != id.urn() {
            self.note(INVENTORY, FaultKind::Swapped);
            return;
        }
        self.against_facts(base, inventory, &versions, facts);
        let wanted = self.wanted(base, inventory, &versions);
        self.audit.manifest = inventory.manifest.keys().copied().collect();
        self.hash(&files, &wanted, inventory);
        for path in files.keys().filter(|path| !wanted.contains_key(*path)) {
            self.note(path, FaultKind::Extra);
        }
    }

    /// The inventories of the root and of every version folder.
    fn candidates(&mut self, files: &BTreeMap<String, u64>) -> (Option<Candidate>, BTreeMap<VersionNumber, Candidate>) {
        let root = self.candidate(files, None);
        let folders: BTreeSet<VersionNumber> =
            files.keys().filter_map(|path| path.split_once('/')?.0.parse().ok()).collect();
        let mut versions = BTreeMap::new();
        for number in folders {
            if let Some(candidate) = self.candidate(files, Some(number)) {
                versions.insert(number, candidate);
            }
        }
        (root, versions)
    }

    fn candidate(&mut self, files: &BTreeMap<String, u64>, number: Option<VersionNumber>) -> Option<Candidate> {
        let folder = number.map(|number| format!("{number}/")).unwrap_or_default();
        let name = format!("{folder}{INVENTORY}");
        if !files.contains_key(&name) {
            return None;
        }
        let bytes = match self.copy.read(&format!("{}/{name}", self.place), INVENTORY_MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.note(&name, fault_of(&error));
                return None;
            }
        };
        let digest = Sha512::of(&bytes);
        let beside = self.copy.read(&format!("{}/{folder}{SIDECAR}", self.place), 4096).ok();
        let agrees = beside.and_then(|bytes| parse_sidecar(&bytes)) == Some(digest);
        let inventory = Inventory::parse(&bytes).ok();
        let inventory = inventory.filter(|inventory| number.is_none_or(|number| inventory.head == number));
        Some(Candidate { digest, bytes, inventory, agrees })
    }

    /// The inventory to believe: the one the register knows, else the root's, else the newest version's.
    fn base<'c>(
        &mut self,
        root: Option<&'c Candidate>,
        versions: &'c BTreeMap<VersionNumber, Candidate>,
        facts: Option<&ObjectFacts>,
    ) -> Option<(&'c Candidate, &'c Inventory)> {
        let all = || root.into_iter().chain(versions.values().rev());
        let whole = |candidate: &'c Candidate| candidate.whole().map(|inventory| (candidate, inventory));
        let newest = versions.values().rev().find_map(whole);
        let of_root = root.and_then(whole);
        if let (Some((_, root)), Some((_, newest))) = (of_root, newest)
            && root.head < newest.head
        {
            self.note(INVENTORY, FaultKind::RolledBack);
        }
        let known = facts.and_then(|facts| {
            let known = all().find(|candidate| candidate.digest == facts.inventory_sha512)?;
            Some((known, known.inventory.as_ref()?))
        });
        // What the register knows is believed unless a later version that is whole follows it.
        let later = newest.filter(|(_, newest)| known.is_some_and(|(_, known)| newest.head > known.head));
        let believed = match (of_root, newest) {
            (Some((_, root)), Some((_, newest))) if root.head < newest.head => None,
            (of_root, _) => of_root,
        };
        let base = later.or(known).or(believed).or(newest);
        if base.is_none() {
            self.note(INVENTORY, if root.is_some() { FaultKind::Altered } else { FaultKind::Missing });
        }
        base
    }

    /// The register's word on the version that is there.
    fn against_facts(
        &mut self,
        base: &Candidate,
        inventory: &Inventory,
        versions: &BTreeMap<VersionNumber, Candidate>,
        facts: Option<&ObjectFacts>,
    ) {
        let Some(facts) = facts else { return };
        match facts.head.parse::<VersionNumber>() {
            Ok(known) if inventory.head == known && base.digest == facts.inventory_sha512 => {}
            Ok(known) if inventory.head < known => self.note(INVENTORY, FaultKind::RolledBack),
            Ok(known) if inventory.head > known => {
                let unchanged = versions.get(&known).is_some_and(|v| v.digest == facts.inventory_sha512);
                let path = if unchanged { format!("{}/{INVENTORY}", inventory.head) } else { INVENTORY.to_owned() };
                self.note(&path, FaultKind::Forged);
            }
            Ok(_) | Err(_) => self.note(INVENTORY, FaultKind::Forged),
        }
    }

    /// Every file the document must have, with its digest; none where only being there can be asked.
    fn wanted(
        &mut self,
        base: &Candidate,
        inventory: &Inventory,
        versions: &BTreeMap<VersionNumber, Candidate>,
    ) -> BTreeMap<String, Option<Sha512>> {
        let mut wanted: BTreeMap<String, Option<Sha512>> =
            inventory.content().into_iter().map(|(path, digest)| (path, Some(digest))).collect();
        let (name, text) = layout::OBJECT_DECLARATION;
        wanted.insert(name.to_owned(), Some(Sha512::of(text.as_bytes())));
        let mut want = |folder: &str, believed: Option<&Candidate>| {
            wanted.insert(format!("{folder}{INVENTORY}"), believed.map(|candidate| candidate.digest));
            let beside = believed.map(|candidate| Sha512::of(sidecar(&candidate.bytes).as_bytes()));
            wanted.insert(format!("{folder}{SIDECAR}"), beside);
        };
        want("", Some(base));
        for number in inventory.versions.keys() {
            let folder = format!("{number}/");
            if *number == inventory.head {
                want(&folder, Some(base));
                continue;
            }
            let own = versions.get(number);
            let fault = own.and_then(|own| own.fault_beside(inventory));
            want(&folder, own.filter(|_| fault != Some(FaultKind::Altered)));
            if let Some(fault) = fault {
                self.note(&format!("{folder}{INVENTORY}"), fault);
            }
        }
        wanted
    }

    fn hash(
        &mut self,
        files: &BTreeMap<String, u64>,
        wanted: &BTreeMap<String, Option<Sha512>>,
        inventory: &Inventory,
    ) {
        let content = inventory.content();
        let sums = if self.reading.by == Digest::Blake3 { self.sums(&content) } else { BTreeMap::new() };
        for (below, digest) in wanted {
            if !files.contains_key(below) {
                self.note(below, FaultKind::Missing);
                continue;
            }
            let Some(digest) = digest else { continue };
            let path = format!("{}/{below}", self.place);
            if let Some(blake3) = sums.get(below)
                && let Ok(found) = self.copy.quick(&path, self.reading.trust)
                && found.blake3 == *blake3
            {
                self.audit.files += 1;
                self.audit.bytes += found.bytes;
                continue;
            }
            let found = match self.copy.measure(&path, self.reading.trust) {
                Ok(found) => found,
                Err(error) => {
                    self.note(below, fault_of(&error));
                    continue;
                }
            };
            if content.contains_key(below) {
                self.audit.files += 1;
                self.audit.bytes += found.bytes;
            }
            if found.sha512 != *digest {
                let fault = self.kind_of_change(below, &path);
                self.audit.findings.push(Finding { path, fault, found: Some(found.sha512) });
            }
        }
    }

    /// What every version's [`SUMS`] says of the content it brought, by path below the document. Such a file is believed when the
    /// inventory pins it; whatever none speaks of is hashed as the inventory names it.
    fn sums(&self, content: &BTreeMap<String, Sha512>) -> BTreeMap<String, [u8; 32]> {
        let mut sums = BTreeMap::new();
        for (path, digest) in content {
            let Some(folder) = path.strip_suffix(SUMS).filter(|folder| folder.ends_with("/content/")) else { continue };
            let bytes = self.copy.read(&format!("{}/{path}", self.place), INVENTORY_MAX_BYTES).unwrap_or_default();
            if Sha512::of(&bytes) == *digest {
                let named = sums::parse(&bytes).into_iter().map(|(name, blake3)| (format!("{folder}{name}"), blake3));
                sums.extend(named.filter(|(path, _)| content.contains_key(path)));
            }
        }
        sums
    }

    /// A root inventory that is sound in itself but not the one to believe was forged; everything else is altered.
    fn kind_of_change(&self, below: &str, path: &str) -> FaultKind {
        let is_inventory = below == INVENTORY || below.ends_with(&format!("/{INVENTORY}"));
        if !is_inventory {
            return FaultKind::Altered;
        }
        let folder = path.strip_suffix(INVENTORY).unwrap_or_default();
        let bytes = self.copy.read(path, INVENTORY_MAX_BYTES).unwrap_or_default();
        let beside = self.copy.read(&format!("{folder}{SIDECAR}"), 4096).unwrap_or_default();
        let whole = parse_sidecar(&beside) == Some(Sha512::of(&bytes)) && Inventory::parse(&bytes).is_ok();
        if whole { FaultKind::Forged } else { FaultKind::Altered }
    }
}
