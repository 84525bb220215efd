"""What candidates are asked to write or tell where their vendor has no prompts, in the languages of the interface.

Each asks for something told in one's own words, about places and customs that differ from one country to the next.
"""

from i18n.tags import language_of

SEEDS: dict[str, tuple[str, ...]] = {
    "en": (
        "Tell a friend who has never been there how a wedding is celebrated where you come from.",
        "Your neighbour plays loud music at night. Write the note that you put under the door.",
        "Explain to a child how your favourite dish is made, and what often goes wrong.",
        "Describe a market day in the place where you grew up: what one hears, smells and haggles over.",
    ),
    "es": (
        "Cuéntale a una amiga que nunca ha estado allí cómo se celebra una boda en tu tierra.",
        "Tu vecino pone música alta por la noche. Escribe la nota que le dejas debajo de la puerta.",
        "Explícale a un niño cómo se prepara tu plato favorito y qué suele salir mal.",
        "Describe un día de mercado en el lugar donde creciste: qué se oye, qué se huele y por qué se regatea.",
    ),
    "sw": (
        "Mweleze rafiki ambaye hajawahi kufika kwenu jinsi harusi inavyosherehekewa.",
        "Jirani yako anapiga muziki kwa sauti kubwa usiku. Andika ujumbe utakaouweka chini ya mlango wake.",
        "Mfafanulie mtoto jinsi chakula unachokipenda zaidi kinavyopikwa, na mambo yanayoharibika mara nyingi.",
        "Eleza siku ya soko mahali ulipokulia: yanayosikika, yanayonusika na yanayopiganiwa bei.",
    ),
    "ar": (
        "احكِ لصديق لم يزر بلدك قط كيف تُقام الأعراس عندكم.",
        "جارك يشغّل الموسيقى بصوت عالٍ ليلًا. اكتب الرسالة التي تضعها تحت بابه.",
        "اشرح لطفل كيف يُحضَّر طبقك المفضل وما الذي يفسد عادةً أثناء ذلك.",
        "صف يوم السوق في المكان الذي نشأت فيه: ما يُسمع فيه وما يُشمّ وعلامَ يساوم الناس.",
    ),
}


_WRITTEN = 1  # the one among them that asks for something written


def seeds_for(locale: str, reader: str, mode: str = "write") -> tuple[str, ...]:
    """The prompts in the language asked for, else in the candidate's own, else in English."""
    found = SEEDS.get(language_of(locale)) or SEEDS.get(language_of(reader)) or SEEDS["en"]
    return found if mode == "write" else tuple(text for place, text in enumerate(found) if place != _WRITTEN)
