"""More invented classes: names of many cultures, class-mates who are easily mistaken, and files of the second kind.

`heldout` measures the usual ways of naming a writer; here stand the unusual ones and what only looks like naming.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from batches.matching import RosterStudent
from batches.tests.heldout import Made, ascii_only, full, make_email

CULTURES = {
    "swedish": ("Ebba Nils Freja Hugo Astrid Melker Saga Vide Johan Johanna Erik Erika Daniel Daniela Emil Emilia "
                "Alexander Alexandra Karl-Erik Britt-Marie", "Holm Lind Lindh Berg Bergh Karlsson Carlsson Hallström "
                "Hellström Åberg Öberg Dahl Dal Sjö Ros Nyqvist Nykvist Lilja"),
    "finnish": ("Aleksi Sanna Veera Tuomas Hilkka Yrjö Säde Pekka-Juhani Anna-Liisa Ilmari",
                "Hämäläinen Lehtonen Räsänen Saarinen Koskinen Ylönen Vänskä Salo"),
    "somali": ("Xaawo Cabdullahi Faarax Sahra Maxamed Ubax Ifrah Guuleed Sucaad Axmed",
               "Maxamed Cali Xasan Axmed Nuur Warsame Yuusuf Cumar Faarax Ismaaciil"),
    "arabic": ("Ali Hassan Omar Yusuf Maryam Fatima Abdullah Ahmed Hussein Nour Abu-Bakr Mohamed",
               "Hassan Ali Omar Yusuf Ahmed Hussein Al-Hakim El-Sayed bin_Laith Abd_al-Aziz Khalil Mahmoud"),
    "vietnamese": ("Mai_Hương Thị_Lan Văn_Hùng Minh_Anh Ngọc Thành Quốc_Bảo Bích",
                   "Nguyễn Phạm Lê Vũ Đỗ Nguyễn_Thị Trần_Văn"),
    "polish": ("Jan Jana Stanisław Wanda Grażyna Bartłomiej Świętosława Żaneta Michał Michalina",
               "Kowalski Kowalska Nowak Jabłoński Jabłońska Woźniak Lewandowski Lewandowska Szymański"),
    "spanish": ("Lucía Martín María_Jesús Juan_Carlos Inés Álvaro Rocío Diego",
                "García_Martín Martín_García López_Díaz Díaz Ruiz_de_la_Prada Muñoz_Ibáñez Peña Santos"),
    "icelandic": ("Guðrún Þór Sigurður Einar Björk Ásdís Jón Hallgerður",
                  "Jónsdóttir Einarsson Sigurðardóttir Þórsson Björnsdóttir Jónsson Einarsdóttir"),
    "turkish": ("İbrahim Işıl Çağla Gökhan Şule Emre Nazlı Ümit", "Işık Yıldız Şimşek Doğan Güneş Öz Kılıç Aydın"),
    "thai": ("Siriporn Nattapong Kanokwan Chaiwat Pimchanok Supaporn",
             "Chaiyasit Srisawat Wongsuwan Phromma Rattanakosin"),
    "persian": ("Shirin Darius Mahsa Kaveh Golnaz Parisa", "Tehrani Ahmadi Mohammadi Rezai Hosseini Karimi"),
    "chinese": ("Wei Xiaoming Mei-Ling Li Yan Jun", "Wang Li Zhang Chen Ma Wu He"),
    "balkan": ("Željko Ćamil Dženana Luka Đorđe Šejla", "Đurić Hadžić Marković Begović Čović Lukić"),
    "english": ("Jack James Thomas Grace Mary-Jane Rose",
                "James Thomas Jackson MacLeod O'Neill Smith-Jones Grace Rose"),
}  # fmt: skip
"""Given names and family names; `_` stands for a space within one."""
MONONYMS = ("Suharto", "Panji", "Zahir", "Malala")
TEACHERS = ("Gunvor", "Anders", "Lena", "Mr", "Ms", "Fru")


def _split(names: str) -> list[str]:
    return [name.replace("_", " ") for name in names.split()]


def make_class(rng: random.Random, size: int = 26) -> list[RosterStudent]:
    """A class of several cultures with siblings, shared given names, swapped and nearly equal names."""
    cultures = ["swedish", *rng.sample([name for name in CULTURES if name != "swedish"], 5)]
    names: list[tuple[str, str]] = []
    while len(names) < size:
        culture = CULTURES[rng.choice(cultures)]
        names.append((rng.choice(_split(culture[0])), rng.choice(_split(culture[1]))))
    first, second = rng.sample(names, 2)
    names += [(rng.choice(names)[0], first[1]), (second[0], rng.choice(names)[1]), (rng.choice(MONONYMS), "")]
    names += rng.choice(((("Ali", "Hassan"), ("Hassan", "Ali")), (("Johan", "Berg"), ("Johanna", "Berg")),
                         (("Jan", "Kowalski"), ("Jana", "Kowalska")), (("Thomas", "James"), ("James", "Thomas")),
                         (("Anna", "Åberg"), ("Anna", "Öberg")),
                         (("Maxamed", "Cali"), ("Cali", "Maxamed"))))  # fmt: skip
    style = rng.choice(("dotted", "code", "initials", "login"))
    students = []
    for index, (given, family) in enumerate(dict.fromkeys(names)):
        preferred = given.split()[-1] if " " in given and rng.random() < 0.5 else ""
        local = make_email(rng, style, given, family)
        ids = (("canvas", str(rng.randint(10000, 999999))),) if rng.random() < 0.3 else ()
        students.append(RosterStudent(f"s{index:02}", given, family, preferred, f"{local}@elev.skolan.example", ids))
    return students


def make_teacher(rng: random.Random, roster: list[RosterStudent]) -> str:
    """A teacher, who now and then has a pupil's surname."""
    return f"{rng.choice(TEACHERS)} {rng.choice([s for s in roster if s.family_name]).family_name}"


def make_stranger(rng: random.Random, roster: list[RosterStudent]) -> RosterStudent:
    """Somebody outside the class who shares one of the names with somebody in it."""
    taken = {tuple(sorted(ascii_only(full(s)).lower().replace("-", " ").split())) for s in roster}
    given = [name for names, _ in CULTURES.values() for name in _split(names)]
    family = [name for _, names in CULTURES.values() for name in _split(names)]
    while True:
        near = rng.choice([s for s in roster if s.family_name])
        new = rng.choice(given), rng.choice(family)
        name = rng.choice(((near.given_name, new[1]), (new[0], near.family_name), new))
        mine = tuple(sorted(ascii_only(" ".join(name)).lower().replace("-", " ").split()))
        if mine not in taken and not any(_near(name, (s.given_name, s.family_name)) for s in roster):
            return RosterStudent("stranger", *name, email=f"{ascii_only(name[0])[:4].lower()}.z@post.example")


def _near(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether nobody could tell the two apart: each name the other's but for a letter, or a part of a longer one."""
    mine, theirs = (set(ascii_only(" ".join(name)).lower().replace("-", " ").split()) for name in (one, other))
    if mine <= theirs or theirs <= mine:
        return True
    return sum(any(a[:4] == b[:4] for b in theirs) for a in mine) == len(mine)


def make_batch(seed: int) -> tuple[list[RosterStudent], list[Made]]:
    """A class and its files of the second kind, the same for the same seed."""
    from batches.tests import heldout_kinds

    rng = random.Random(seed)
    roster = make_class(rng)
    return roster, list(heldout_kinds.files(rng, roster))


def make_corpus(seeds: range) -> Iterator[tuple[int, list[RosterStudent], list[Made]]]:
    """A class and its files for each seed."""
    for seed in seeds:
        yield seed, *make_batch(seed)
