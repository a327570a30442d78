"""Names that the invented classes draw from: common given and family names of many origins, combined by chance."""

from __future__ import annotations

GIVEN = [
    *("Åke Örjan Märta Björn Linnéa Signe Ture Ebbe Tuva Malte Hedvig Axel Sixten Ingegerd Viggo Lovisa Kerstin Sören "
    "Göran Elin Jonathan Frida Kristina Margareta Wilhelm Fredrik Josefin Rebecka Alicia Isabella Eemeli Aino Väinö "
    "Päivi Kaisa Onni Jukka Layla Noor Khadija Hamza Ömer Youssef Abdulrahman Rania Zahra Samira Ahmad Bilal Amina "
    "Hodan Ayaan Fadumo Cabdi Ismahan Nasteexo Liibaan Thảo Minh Quang Hương Linh Đức Tuấn Zuzanna Agnieszka Łukasz "
    "Paweł Wojciech Małgorzata Krzysztof Mateo Valentina Joaquín Ximena Íñigo Begoña Ana Lu Bo Ida Eva Kim Li Dag Tim"
).split(),
    "Karl-Johan", "Ann-Britt", "Lars-Erik", "Maj-Lis", "Per Olov", "Eva Maria", "Abd al-Rahman", "José Luis",
    "María José", "Thị Mai", "Jean-Pierre", "Nour El Houda",
]  # fmt: skip
FAMILY = [
    *("Andersson Johansson Nilsson Persson Pettersson Lindqvist Sjögren Ågren Öhman Strömberg Wallin Nordin Berglund "
    "Åström Hallberg Hellberg Ek Ås Bäckström Löfgren Söderlund Virtanen Korhonen Mäkinen Nieminen Järvinen Haddad "
    "Mansour Khoury Nasser Haidari Yılmaz Çelik Öztürk Farah Jama Hersi Warfaa Nguyễn Trần Đặng Hoàng Bùi Kowalczyk "
    "Wiśniewski Zieliński Wójcik Dąbrowska Fernández Castaño Núñez O'Connor McCarthy Petrović Horvat Kovačević"
).split(),
    "af Klint", "von Platen", "de Geer", "von der Heide", "El Amrani", "Al-Masri", "Ben Salah", "Sandberg Ljung",
    "Ström-Wik", "Nordin Holmgren", "García Núñez", "Ortiz de Zárate", "Vargas Llosa Ruiz", "bin Omar",
    "Cabdi Xasan", "van den Berg", "Della Rovere",
]  # fmt: skip
SINGLE = ("Suriya", "Amrita", "Zabi", "Farhad", "Sukarno")
NICKNAMES = {
    "Kristina": "Stina", "Margareta": "Maggan", "Wilhelm": "Ville", "Fredrik": "Figge", "Josefin": "Jossan",
    "Rebecka": "Becka", "Abdulrahman": "Abbe", "Youssef": "Jo", "Lars-Erik": "Lasse", "Isabella": "Bella",
    "Jonathan": "Jonte", "Krzysztof": "Krzys", "Valentina": "Vale", "María José": "Majo", "Karl-Johan": "Kalle",
}  # fmt: skip
TEACHERS = ("Gunvor Tegnmark", "Ulf Brattgård", "Ms Pendleton", "Sven-Ingvar Roth", "Birgitta Ohlin")
