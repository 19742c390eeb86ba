//! One exporter: the templates and rates that it announced, over all its observation domains.

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use hashbrown::hash_map::Entry;
use lru::LruCache;
use schema::Protocol;
use wire::flows::{Definition, Sampling, Skip, Template, Withdrawal};

use super::book::{Learned, Said};
use super::held::Held;
use super::samplers::{Noted, Rates, Samplers};
use super::{MAX_EXPORTER_OCTETS, Map, TemplateKey};
use crate::counts::{Flows, Loss};

/// Templates of one exporter that are remembered to have been there, so that they are not counted again and the data of withdrawn ones is
/// not mistaken for that of the next with the same number. Beyond it an exporter that makes up templates only spoils its own count.
const MAX_GONE: usize = 4_096;

/// Octets that a template is reckoned with beside its own: its places in the list of uses and in the map, its count of references, and its
/// number in a set that may hold this one alone.
const PLACE_OCTETS: usize = 2 * size_of::<(TemplateKey, Known)>() + 2 * size_of::<(Kind, HashSet<u16, RandomState>)>() + 128;

/// Octets that a template that is gone is reckoned with: its place in a half-empty map.
const GONE_OCTETS: usize = 2 * size_of::<(TemplateKey, Gone)>() + 8;

/// Octets that an exporter is reckoned with beside what it said.
const BASE_OCTETS: usize = 2 * size_of::<Exporter>() + 256;

/// What one exporter's address said.
pub(crate) struct Exporter {
    templates: LruCache<TemplateKey, Known, RandomState>,
    /// Their numbers by kind, so that to withdraw all of a kind costs no more than to withdraw each: otherwise a datagram full of such
    /// withdrawals would cost more than a thousand others.
    numbers: Map<Kind, HashSet<u16, RandomState>>,
    gone: Map<TemplateKey, Gone>,
    pub(crate) samplers: Samplers,
    /// Data sets that wait for their template.
    pub(crate) held: Held,
    /// Memory of the templates.
    template_octets: usize,
    /// What the lane last booked: all memory, and that of the held sets.
    settled: (usize, usize),
    /// Protocols in which something was said that the book does not know.
    unwritten: Vec<Protocol>,
}

/// Templates that are withdrawn together: of one domain, for options or for data.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    protocol: Protocol,
    domain: u32,
    options: bool,
}

/// A template that is in use.
struct Known {
    template: Arc<Template>,
    /// It was sent, and not only read from the book.
    announced: bool,
}

/// Why a template is not there any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gone {
    /// The exporter withdrew it.
    Withdrawn,
    /// It went for newer ones, or its new definition cannot be read.
    Forgotten,
}

/// What a definition changed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Defined {
    /// The exporter has not had a template of this number before.
    pub(crate) is_first: bool,
    /// Templates that went for it.
    pub(crate) evicted: u64,
}

/// What is known of the template of a data set.
pub(crate) enum Found<'a> {
    /// It is here, with the rates for its records.
    Template(&'a Template, Rates<'a>),
    /// It is an options template, with the place for what its records tell.
    Options(&'a Template, Announced<'a>),
    /// The exporter withdrew it.
    Withdrawn,
    /// It did not come, or was forgotten.
    Nothing,
}

/// Where the rates go that an options template's records tell.
pub(crate) struct Announced<'a> {
    samplers: &'a mut Samplers,
    unwritten: &'a mut Vec<Protocol>,
    protocol: Protocol,
    domain: u32,
}

impl Exporter {
    /// An exporter that has said this before.
    pub(crate) fn remembering(said: &[Arc<Said>]) -> Self {
        let mut exporter = Self {
            templates: LruCache::unbounded_with_hasher(RandomState::default()),
            numbers: Map::default(),
            gone: Map::default(),
            samplers: Samplers::default(),
            held: Held::default(),
            template_octets: 0,
            settled: (0, 0),
            unwritten: Vec::new(),
        };
        for said in said {
            // Those used last come first.
            for (domain, template) in said.templates.iter().rev() {
                let key = TemplateKey { protocol: said.protocol, domain: *domain, id: template.definition().id };
                exporter.keep(key, Known { template: Arc::clone(template), announced: false });
            }
            for (domain, sampling) in &said.samplers {
                exporter.samplers.note(said.protocol, *domain, *sampling);
            }
        }
        exporter.make_room();
        exporter
    }

    /// Takes a definition. One that says the same as before only counts as a use; one that says something else holds from now on.
    ///
    /// # Errors
    /// Says why the definition cannot be read. What the number meant before does not hold any more either.
    pub(crate) fn define(&mut self, domain: u32, definition: &Definition<'_>) -> Result<Defined, Skip> {
        let key = TemplateKey { protocol: definition.protocol, domain, id: definition.id };
        let mut announced = false;
        if let Some(known) = self.templates.get_mut(&key) {
            announced = known.announced;
            if known.template.definition() == *definition {
                known.announced = true;
                return Ok(Defined { is_first: !announced, evicted: 0 });
            }
        }
        self.note_unwritten(key.protocol);
        let template = definition.compile().inspect_err(|_| self.remove(&key, Gone::Forgotten))?;
        let was_gone = self.gone.remove(&key).is_some();
        self.keep(key, Known { template: Arc::new(template), announced: true });
        Ok(Defined { is_first: !announced && !was_gone, evicted: self.make_room() })
    }

    /// Takes back templates of a domain. Data sets that wait for them are let go: they would be read by whatever the number means next.
    /// Returns how many.
    pub(crate) fn withdraw(&mut self, protocol: Protocol, domain: u32, what: Withdrawal) -> usize {
        let options = match what {
            Withdrawal::One(id) => return self.withdraw_one(TemplateKey { protocol, domain, id }),
            Withdrawal::AllData => false,
            Withdrawal::AllOptions => true,
        };
        let numbers = self.numbers.remove(&Kind { protocol, domain, options }).unwrap_or_default();
        numbers.into_iter().map(|id| self.withdraw_one(TemplateKey { protocol, domain, id })).sum()
    }

    fn withdraw_one(&mut self, key: TemplateKey) -> usize {
        self.note_unwritten(key.protocol);
        self.remove(&key, Gone::Withdrawn);
        self.held.take(&key).len()
    }

    /// The template of a data set.
    #[inline]
    pub(crate) fn find(&mut self, key: &TemplateKey) -> Found<'_> {
        let Some(known) = self.templates.get(key) else {
            return if self.gone.get(key) == Some(&Gone::Withdrawn) { Found::Withdrawn } else { Found::Nothing };
        };
        let template: &Template = &known.template;
        if !template.is_options() {
            return Found::Template(template, self.samplers.rates(key.protocol, key.domain));
        }
        let TemplateKey { protocol, domain, .. } = *key;
        Found::Options(template, Announced { samplers: &mut self.samplers, unwritten: &mut self.unwritten, protocol, domain })
    }

    fn keep(&mut self, key: TemplateKey, known: Known) {
        self.template_octets += octets(&known);
        let kind = Kind::of(&key, &known);
        if let Some((_, old)) = self.templates.push(key, known) {
            self.removed(&key, &old);
        }
        self.numbers.entry(kind).or_default().insert(key.id);
    }

    fn remove(&mut self, key: &TemplateKey, why: Gone) {
        let known = self.templates.pop(key);
        if let Some(known) = &known {
            self.removed(key, known);
        }
        let was_there = known.is_some() || self.gone.contains_key(key);
        if was_there && (self.gone.len() < MAX_GONE || self.gone.contains_key(key)) {
            self.gone.insert(*key, why);
        }
    }

    /// Books that a template is out.
    fn removed(&mut self, key: &TemplateKey, known: &Known) {
        self.template_octets -= octets(known);
        if let Entry::Occupied(mut numbers) = self.numbers.entry(Kind::of(key, known)) {
            numbers.get_mut().remove(&key.id);
            if numbers.get().is_empty() {
                numbers.remove();
            }
        }
    }

    /// Lets the least recently used templates go until the rest fits. Returns how many went.
    fn make_room(&mut self) -> u64 {
        let mut evicted = 0;
        while self.said_octets() > MAX_EXPORTER_OCTETS {
            let Some((key, _)) = self.templates.peek_lru() else { break };
            let key = *key;
            self.remove(&key, Gone::Forgotten);
            evicted += 1;
        }
        evicted
    }

    fn note_unwritten(&mut self, protocol: Protocol) {
        if !self.unwritten.contains(&protocol) {
            self.unwritten.push(protocol);
        }
    }

    /// What changed since this was last asked for: all memory, and that of the held sets. `None` if nothing did.
    #[inline]
    pub(super) fn unsettled(&mut self) -> Option<(isize, isize)> {
        let now = (self.octets(), self.held.octets());
        if now == self.settled {
            return None;
        }
        let before = std::mem::replace(&mut self.settled, now);
        Some((now.0.wrapping_sub(before.0).cast_signed(), now.1.wrapping_sub(before.1).cast_signed()))
    }

    /// Whether nothing of it is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.said_octets() + self.held.octets() == 0
    }

    /// Memory that it is reckoned with, all in all.
    pub(super) fn octets(&self) -> usize {
        BASE_OCTETS + self.said_octets() + self.held.octets()
    }

    fn said_octets(&self) -> usize {
        self.template_octets + self.gone.len() * GONE_OCTETS + self.samplers.octets()
    }

    /// Its templates, the one used last first.
    pub(super) fn templates(&self) -> impl Iterator<Item = (&TemplateKey, &Arc<Template>)> {
        self.templates.iter().map(|(key, known)| (key, &known.template))
    }

    /// All that it has said, by protocol, where anything is new since this was last asked for.
    pub(super) fn learned(&mut self, source: IpAddr) -> Vec<Learned> {
        let unwritten = std::mem::take(&mut self.unwritten);
        unwritten.into_iter().map(|protocol| Learned { source, said: Arc::new(self.said(protocol)) }).collect()
    }

    fn said(&self, protocol: Protocol) -> Said {
        let templates = self.templates().filter(|(key, _)| key.protocol == protocol);
        let samplers = self.samplers.all().filter(|(of, ..)| *of == protocol);
        Said {
            protocol,
            templates: templates.map(|(key, template)| (key.domain, Arc::clone(template))).collect(),
            samplers: samplers.map(|(_, domain, sampling)| (domain, sampling)).collect(),
        }
    }
}

impl Kind {
    fn of(key: &TemplateKey, known: &Known) -> Self {
        Self { protocol: key.protocol, domain: key.domain, options: known.template.is_options() }
    }
}

fn octets(known: &Known) -> usize {
    known.template.octets() + PLACE_OCTETS
}

impl Announced<'_> {
    /// Keeps a rate, or counts that there is no room for it.
    pub(crate) fn note(&mut self, sampling: Sampling, counts: &mut Flows) {
        match self.samplers.note(self.protocol, self.domain, sampling) {
            Noted::Known => {}
            Noted::Changed if self.unwritten.contains(&self.protocol) => {}
            Noted::Changed => self.unwritten.push(self.protocol),
            Noted::Refused => counts.lose(Loss::SamplerRefused),
        }
    }
}
