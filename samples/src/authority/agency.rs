//! Another agency with a key of its own under the same authority: it signs papers before they come to the archive.

use anyhow::Result;
use pki::{
    algorithm::Digest,
    cms::{SignedAttributes, signed_data},
    key::Scheme,
    timestamp::{self, Request},
    transport::Transport as _,
};

use super::{
    Authority, Home,
    keys::{Key, random},
};

/// What an agency needs to sign: its key, and the authority for timestamps and status.
pub struct Agency {
    key: Key,
    authority: Authority,
    home: Home,
}

/// What makes its signatures judgeable later: DER of each.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Certificates of the signer's and the timestamp's chains, and of the OCSP responder.
    pub certificates: Vec<Vec<u8>>,
    /// The signer's status.
    pub ocsps: Vec<Vec<u8>>,
    /// Lists of both roots.
    pub crls: Vec<Vec<u8>>,
}

impl Agency {
    /// Takes the agency's key of an authority's home.
    pub fn open(home: &Home) -> Result<Self> {
        Ok(Self { key: Key::load(&home.key("agency")?)?, authority: Authority::open(home)?, home: home.clone() })
    }

    /// A detached signature with a timestamp over bytes whose SHA-256 is given.
    pub fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>> {
        let chain = [self.home.certificate("agency")?, self.home.certificate("ca")?];
        let attributes = SignedAttributes::new(Digest::Sha256, digest, &chain[0])?;
        let signature = self.key.sign(&attributes.to_der())?;
        let token = self.stamp(&sha256(&signature))?;
        Ok(signed_data(&attributes, Scheme::EcdsaP256Sha256, &signature, &chain, Some(&token)))
    }

    /// The time by the authority's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.authority.clock.now()
    }

    /// A timestamp token over a digest.
    pub fn stamp(&self, digest: &[u8; 32]) -> Result<Vec<u8>> {
        let request = Request::new(digest, &random::<16>()?, None);
        let url = format!("http://{}/tsa", self.home.address()?);
        let limit = timestamp::LIMIT as u64;
        let response = self.authority.post(&url, timestamp::REQUEST_TYPE, &request.to_der(), limit)?;
        Ok(timestamp::accept(&request, &response)?.der)
    }

    /// Everything a verifier without a network needs.
    pub fn evidence(&self) -> Result<Evidence> {
        let certificate = |stem: &str| self.home.certificate(stem);
        let (agency, issuer) = (certificate("agency")?, certificate("ca")?);
        let parsed = |der: &[u8]| pki::certificate::Certificate::parse(der);
        let question = pki::ocsp::request(&parsed(&agency)?, &parsed(&issuer)?);
        let at = format!("http://{}", self.home.address()?);
        let limit = pki::ocsp::LIMIT as u64;
        Ok(Evidence {
            certificates: ["ca", "root", "ocsp", "tsa", "tsa-root"]
                .map(certificate)
                .into_iter()
                .collect::<Result<_>>()?,
            ocsps: vec![self.authority.post(&format!("{at}/ocsp"), pki::ocsp::REQUEST_TYPE, &question, limit)?],
            crls: vec![
                self.authority.get(&format!("{at}/root.crl"), limit)?,
                self.authority.get(&format!("{at}/tsa-root.crl"), limit)?,
            ],
        })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    digest
}
