"""What people read before they work: the pool's page, and the agreements that they sign."""

POOL_NAME = "Sauti"
POOL_ABOUT: dict[str, str] = {
    "en": "Short texts in your own language, at home, when you have time. Pay for each unit is told beforehand, and every"
    " accepted unit is paid within a week. You need a telephone or a computer, and about four hours a week.",
    "es": "Textos cortos en tu propia lengua, en casa, a tu hora. El pago por unidad se dice antes, y todo lo aceptado se"
    " paga en una semana. Necesitas un teléfono o una computadora y unas cuatro horas por semana.",
    "sw": "Matini fupi kwa lugha yako, ukiwa nyumbani, kwa wakati wako. Malipo ya kila kipande hutajwa mapema, na kila"
    " kilichokubaliwa hulipwa ndani ya wiki. Unahitaji simu au kompyuta na saa nne hivi kwa wiki.",
    "ar": "نصوص قصيرة بلغتك، من بيتك، في الوقت الذي يناسبك. أجر كل وحدة معروف مسبقاً، وكل ما يُقبل يُدفع خلال أسبوع."
    " تحتاج إلى هاتف أو حاسوب ونحو أربع ساعات في الأسبوع.",
    "hi": "अपनी भाषा में छोटे लेख, घर बैठे, अपने समय पर। हर इकाई का मेहनताना पहले बताया जाता है, और जो माना जाए उसका"
    " भुगतान एक हफ़्ते में होता है। फ़ोन या कंप्यूटर और हफ़्ते में क़रीब चार घंटे चाहिए।",
    "pt": "Textos curtos na sua língua, em casa, no seu horário. O valor de cada unidade é dito antes, e tudo o que é aceito"
    " é pago em uma semana. Você precisa de um telefone ou computador e de umas quatro horas por semana.",
}  # fmt: skip

CONDUCT_TITLES: dict[str, str] = {
    "en": "Code of conduct",
    "es": "Código de conducta",
    "sw": "Kanuni za maadili",
    "ar": "قواعد السلوك",
}
CONDUCT_TEXTS: dict[str, str] = {
    "en": """I answer every unit myself, as well as I can, after reading it. I do not use a program to answer for me.
If I do not understand a unit, or would rather not read it, I skip it; nothing is held against me.
I treat what I read as somebody's own words: I do not copy it, show it or talk about it.
Baraza Language Works tells me the pay before I begin, pays what was accepted, and gives a reason for what was not.""",
    "es": """Contesto cada unidad yo, lo mejor que puedo, después de leerla. No uso un programa que conteste por mí.
Si no entiendo una unidad, o prefiero no leerla, la salto; no se toma en mi contra.
Lo que leo son palabras de alguien: no lo copio, no lo enseño ni lo comento.
Baraza Language Works me dice el pago antes de empezar, paga lo aceptado y da una razón de lo que no.""",
    "sw": """Najibu kila kipande mwenyewe, kadiri niwezavyo, baada ya kukisoma. Situmii programu inijibie.
Nisipoelewa kipande, au nisipotaka kukisoma, nakiruka; sihukumiwi kwa hilo.
Ninachokisoma ni maneno ya mtu: sikinakili, sikionyeshi wala sikizungumzii.
Baraza Language Works huniambia malipo kabla sijaanza, hulipa kilichokubaliwa, na hutoa sababu ya kilichokataliwa.""",
    "ar": """أجيب عن كل وحدة بنفسي وبأفضل ما أستطيع بعد قراءتها، ولا أستعمل برنامجاً يجيب عني.
إذا لم أفهم وحدة أو فضّلت ألا أقرأها أتخطاها، ولا يُحسب ذلك عليّ.
ما أقرؤه كلام إنسان: لا أنسخه ولا أعرضه ولا أتحدث عنه.
تخبرني Baraza Language Works بالأجر قبل أن أبدأ، وتدفع ما قُبل، وتذكر سبب ما لم يُقبل.""",
}
SECRECY_TITLES: dict[str, str] = {
    "en": "Confidentiality agreement",
    "es": "Acuerdo de confidencialidad",
    "sw": "Makubaliano ya usiri",
    "ar": "اتفاقية السرية",
}
SECRECY_TEXTS: dict[str, str] = {
    "en": "I keep what I learn from a client's data to myself, during the work and afterwards, until the client publishes it.",
    "es": "Guardo para mí lo que sé por los datos de un cliente, durante el trabajo y después, hasta que el cliente lo publique.",
    "sw": "Nitaweka siri ninachokijua kutoka kwa data ya mteja, wakati wa kazi na baadaye, hadi mteja atakapoichapisha.",
    "ar": "أحفظ ما أعرفه من بيانات العميل لنفسي، أثناء العمل وبعده، إلى أن ينشره العميل.",
}
