"""Written samples: what natives can judge goes to them in every script, and what repeats itself does not."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.rules.prompts import SEEDS
from calibration.rules.samples import FEWEST_DIFFERENT, FEWEST_RUNS, LONGEST, SHORTEST, fault_of

SENTENCES = {
    "am": "በልጅነቴ ያደግሁበት መንደር በተራራ ላይ ነበር፤ ጠዋት ጠዋት ጭጋግ ይሸፍነዋል።",
    "bo": "ང་ཆུང་དུས་སྡོད་པའི་གྲོང་གསེབ་ནི་རི་མགོ་ལ་ཡོད། ཞོགས་པ་སྨུག་པས་བསྒྲིབས་འདུག",
    "de": "Donaudampfschifffahrtsgesellschaftskapitäne erzählen nachts gern Geschichten.",
    "haw": "Noho au ma Honolulu, a he wahi nani kēia no ka poʻe a pau.",
    "hi": "मेरे गाँव में हर सोमवार को बाज़ार लगता है और सब लोग वहाँ मिलते हैं।",
    "ja": "私の育った町では、毎年夏になると川のそばで大きな花火大会が開かれて、家族みんなで見に行きます。",
    "km": "នៅភូមិរបស់ខ្ញុំមានផ្សារធំមួយដែលបើករៀងរាល់ព្រឹកហើយមនុស្សម្នាទៅទិញបន្លែ",
    "ko": "제가 자란 마을에는 아침마다 시장이 열리고 사람들이 모여서 이야기를 나눕니다. 정말 즐거워요.",
    "my": "ကျွန်တော်ကြီးပြင်းခဲ့တဲ့ရွာမှာ မနက်တိုင်း ဈေးကြီးတစ်ခု ဖွင့်တယ်။",
    "sw": "Soko letu hufunguliwa alfajiri, na kelele za wauzaji husikika.",
    "th": "หมู่บ้านที่ฉันโตมามีตลาดเช้าใหญ่มากทุกคนมาซื้อผักและคุยกันอย่างสนุกสนาน",
    "vi": "Ở quê tôi, chợ họp từ sáng sớm và ai cũng mua rau tươi mang về.",
    "zh": "我小时候住在一个靠海的小镇上，每天清晨码头上都很热闹，渔民们一边卖鱼一边大声聊天，孩子们跑来跑去。",
}
LETTERS = "abcdefghijklmnopqrstuvwxyzñğกขคงจอาิีुकखगबत的一是不了人我在有他ابتثجحخعミシتかきくけこ"


@pytest.mark.parametrize("text", [*SENTENCES.values(), *(text for texts in SEEDS.values() for text in texts)])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_sentence_or_two_goes_to_the_natives_in_every_script(text: str, form: str) -> None:
    assert len(text) >= SHORTEST
    assert fault_of(unicodedata.normalize(form, text)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Soko letu hufunguliwa alfajiri.", "at least 40"),
        ("a" * 50, "repeats"),
        ("aA\u0430" * 20, "repeats"),
        ("a\u0301a\u0302a\u0303a\u0308a\u030aa\u0327a\u0328a\u0304" * 9, "repeats"),
        ("ab ba " * 20, "repeats"),
        ("soko soko soko soko soko soko soko soko soko", "repeats"),
        ("Habari za leo? " * 30, "repeats"),
        ("ก" * 60, "repeats"),
        ("ตลาด" * 20, "repeats"),
        ("我喜歡魚" * 20, "repeats"),
        ("가" * 60, "repeats"),
        ("12:30 " * 20, "in words"),
        ("😀😃😄😁😆😅🤣😂🙂🙃" * 6, "in words"),
        ("— … ! ? " * 12 + "sawa", "in words"),
    ],
)
def test_what_repeats_itself_or_is_no_text_is_answered_in_words(text: str, told: str) -> None:
    assert told in str(fault_of(text))


@settings(max_examples=300, deadline=None)
@given(
    piece=st.text(alphabet=LETTERS, min_size=1, max_size=FEWEST_RUNS - 2),
    between=st.sampled_from(("", " ", ", ", "\n", ". ", " 7 ")),
    times=st.integers(min_value=2, max_value=400),
)
def test_a_short_piece_is_refused_however_often_it_is_repeated(piece: str, between: str, times: int) -> None:
    assert fault_of(((piece + between) * times)[:LONGEST]) is not None


@settings(max_examples=300, deadline=None)
@given(
    few=st.sets(st.sampled_from(LETTERS), min_size=1, max_size=FEWEST_DIFFERENT - 1).map(sorted),
    places=st.lists(st.integers(min_value=0, max_value=99), min_size=SHORTEST, max_size=400),
)
def test_a_text_of_few_letters_is_refused_in_whatever_order_they_come(few: list[str], places: list[int]) -> None:
    assert fault_of("".join(few[place % len(few)] for place in places)) is not None


@settings(max_examples=200, deadline=None)
@given(language=st.sampled_from(sorted(SENTENCES)), rest=st.text(max_size=400))
def test_what_holds_a_sentence_that_is_enough_stays_enough_whatever_is_written_behind_it(
    language: str, rest: str
) -> None:
    assert fault_of(f"{SENTENCES[language]} {rest}") is None
