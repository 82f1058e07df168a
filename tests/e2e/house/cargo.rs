//! What cargo knows about the workspace, in the few words the rules need.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// When a dependency is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Build,
    Dev,
}

/// A line of a manifest.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A package of the tree.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: Option<String>,
    /// One of the rooms, not something from a registry.
    pub(super) ours: bool,
    pub(super) manifest: Vec<Needs>,
}

/// The tree as it is resolved for this machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) packages: Vec<Package>,
    /// What each package id links, normally or into its build script.
    pub(super) links: BTreeMap<String, Vec<String>>,
}

impl Tree {
    /// The rooms.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Package> + Clone {
        self.packages.iter().filter(|package| package.ours)
    }

    /// Everything that ends in the binary or runs while it is built.
    pub(super) fn linked(&self) -> Vec<&Package> {
        let mut seen: Vec<&str> = self.ours().map(|package| package.id.as_str()).collect();
        let mut next = 0;
        while let Some(id) = seen.get(next).copied() {
            next += 1;
            for target in self.links.get(id).into_iter().flatten() {
                if !seen.contains(&target.as_str()) {
                    seen.push(target);
                }
            }
        }
        self.packages
            .iter()
            .filter(|package| seen.contains(&package.id.as_str()))
            .collect()
    }
}

/// The tree of this checkout, asked for once. Only this platform's packages are looked at: those of
/// others are not on the disk of a machine that merely built the project.
pub(super) fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--offline"])
            .args(["--filter-platform", "host-tuple"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "cargo metadata failed (is Cargo.lock up to date?): {}",
            String::from_utf8_lossy(&output.stderr)
        );
        read(&serde_json::from_slice(&output.stdout).expect("cargo speaks JSON"))
    })
}

fn read(metadata: &Value) -> Tree {
    let packages = list(&metadata["packages"]).map(package).collect();
    let links = list(&metadata["resolve"]["nodes"])
        .map(|node| {
            let targets = list(&node["deps"])
                .filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
                .map(|dep| text(&dep["pkg"]))
                .collect();
            (text(&node["id"]), targets)
        })
        .collect();
    Tree { packages, links }
}

fn package(package: &Value) -> Package {
    Package {
        id: text(&package["id"]),
        name: text(&package["name"]),
        version: text(&package["version"]),
        licence: package["license"].as_str().map(str::to_owned),
        ours: package["source"].is_null(),
        manifest: list(&package["dependencies"])
            .map(|needs| Needs {
                name: text(&needs["name"]),
                kind: match needs["kind"].as_str() {
                    Some("dev") => Kind::Dev,
                    Some("build") => Kind::Build,
                    _ => Kind::Normal,
                },
            })
            .collect(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A room with the given lines in its manifest, for the bad samples.
pub(super) fn room(name: &str, manifest: &[(&str, Kind)]) -> Package {
    Package {
        id: name.to_owned(),
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        licence: Some("Apache-2.0".to_owned()),
        ours: true,
        manifest: manifest
            .iter()
            .map(|(name, kind)| Needs {
                name: (*name).to_owned(),
                kind: *kind,
            })
            .collect(),
    }
}

/// A package of a registry, for the bad samples.
pub(super) fn foreign(name: &str, version: &str, licence: Option<&str>) -> Package {
    Package {
        id: format!("{name} {version}"),
        version: version.to_owned(),
        licence: licence.map(str::to_owned),
        ours: false,
        ..room(name, &[])
    }
}
