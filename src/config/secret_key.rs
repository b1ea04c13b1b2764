//! The key that tokens are encrypted with at rest: configured, or kept in a file only its owner may read.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

use super::{Problem, settings::Settings};

const FILE_NAME: &str = "secret.key";

/// 32 bytes. Not shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    pub const fn expose(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[derive(Clone, Debug)]
pub(super) enum Origin {
    Configured(SecretKey),
    File(PathBuf),
}

impl Origin {
    pub(super) fn read(settings: &mut Settings, data_dir: &Path) -> Self {
        let Some(text) = settings.secret("secret_key") else { return Self::File(data_dir.join(FILE_NAME)) };
        match parse(&text) {
            Some(key) => Self::Configured(key),
            None => {
                settings.refuse(
                    "secret_key",
                    "is not 32 bytes in base64.",
                    "Make one with `openssl rand -base64 32`, or leave it away: then the portal makes one in data_dir.",
                );
                Self::File(data_dir.join(FILE_NAME))
            }
        }
    }

    pub(super) fn obtain(&self, random: &dyn domain::Random) -> Result<SecretKey, Problem> {
        let path = match self {
            Self::Configured(key) => return Ok(key.clone()),
            Self::File(path) => path,
        };
        match create(path, random) {
            Ok(key) => Ok(key),
            // Also when another process made it just now.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
            Err(error) => Err(Problem::new(
                format!("The secret key {}", path.display()),
                format!("can't be made: {error}."),
                "Make data_dir a folder that this program may write to.",
            )),
        }
    }

    pub(super) fn check(&self) -> Option<Problem> {
        match self {
            Self::File(path) if path.exists() => read(path).err(),
            Self::File(_) | Self::Configured(_) => None,
        }
    }
}

/// Writes aside and links into place, so that nobody ever reads half a key and an existing key is never replaced.
fn create(path: &Path, random: &dyn domain::Random) -> io::Result<SecretKey> {
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut key = [0; 32];
    random.fill(&mut key);
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(STANDARD.encode(key).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    linked.map(|()| SecretKey(key))
}

fn read(path: &Path) -> Result<SecretKey, Problem> {
    let place = || format!("The secret key {}", path.display());
    let unreadable = |error: io::Error| {
        Problem::new(
            place(),
            format!("can't be read: {error}."),
            "Let the user that runs this program read it, and nobody else.",
        )
    };
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Problem::new(
            place(),
            format!("may be read by others (mode {:o}).", mode & 0o777),
            format!("Run `chmod 600 {}`.", path.display()),
        ));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    parse(&SecretString::from(text)).ok_or_else(|| {
        Problem::new(
            place(),
            "is not 32 bytes in base64.",
            "Put the right key back. If it is lost, remove the file: a new one is made, and an admin has to connect Salesforce again.",
        )
    })
}

fn parse(text: &SecretString) -> Option<SecretKey> {
    let bytes = STANDARD.decode(text.expose_secret().trim()).ok()?;
    bytes.try_into().ok().map(SecretKey)
}
