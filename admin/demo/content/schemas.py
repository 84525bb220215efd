"""Label schemas of the demonstration's projects: questions, classes, definitions and examples in their languages."""

from typing import Any

INTENTS: dict[str, Any] = {
    "task_type": "choice",
    "question": {
        "en": "What does the customer want?",
        "es": "¿Qué quiere el cliente?",
        "sw": "Mteja anataka nini?",
        "ar": "ماذا يريد العميل؟",
        "hi": "ग्राहक क्या चाहता है?",
        "pt": "O que o cliente quer?",
    },
    "classes": [
        {
            "id": "refund",
            "names": {
                "en": "Money back", "es": "Devolución", "sw": "Kurudishiwa pesa", "ar": "استرداد المال",
                "hi": "पैसे वापस", "pt": "Estorno",
            },
            "definitions": {
                "en": "Asks for money to be returned.",
                "es": "Pide que le regresen dinero.",
                "sw": "Anaomba pesa yake irudi.",
                "ar": "يطلب إرجاع ماله.",
                "hi": "पैसा लौटाने को कहता है।",
                "pt": "Pede o dinheiro de volta.",
            },
            "examples": [
                {"text": "Nirudishieni pesa, bando halifanyi kazi.", "locale": "sw"},
                {"text": "Regrésenme lo que me cobraron de más.", "locale": "es"},
                {"text": "Kwa nini salio langu limepungua?", "fits": False, "locale": "sw", "note": "Salio na malipo"},
            ],
        },
        {
            "id": "network",
            "names": {
                "en": "Network problem", "es": "Problema de red", "sw": "Tatizo la mtandao", "ar": "مشكلة في الشبكة",
                "hi": "नेटवर्क की दिक़्क़त", "pt": "Problema de rede",
            },
            "definitions": {
                "en": "Internet, calls or messages do not work.",
                "es": "No funciona el internet, las llamadas o los mensajes.",
                "sw": "Intaneti, simu au ujumbe haufanyi kazi.",
                "ar": "الإنترنت أو المكالمات أو الرسائل لا تعمل.",
                "hi": "इंटरनेट, कॉल या मैसेज नहीं चलते।",
                "pt": "Internet, ligações ou mensagens não funcionam.",
            },
        },
        {
            "id": "bundle",
            "names": {
                "en": "Bundle", "es": "Paquete", "sw": "Bando", "ar": "الباقات", "hi": "पैक", "pt": "Pacote",
            },
            "definitions": {
                "en": "Wants to buy, change or stop a bundle.",
                "es": "Quiere comprar, cambiar o cancelar un paquete.",
                "sw": "Anataka kununua, kubadilisha au kusimamisha bando.",
                "ar": "يريد شراء باقة أو تغييرها أو إيقافها.",
                "hi": "पैक लेना, बदलना या बंद करना चाहता है।",
                "pt": "Quer comprar, trocar ou cancelar um pacote.",
            },
        },
        {
            "id": "topup",
            "names": {
                "en": "Top-up", "es": "Recarga", "sw": "Kuongeza salio", "ar": "شحن الرصيد", "hi": "रिचार्ज", "pt": "Recarga",
            },
            "definitions": {
                "en": "Wants to put money on a phone, or has trouble with it.",
                "es": "Quiere poner saldo o tiene problemas al hacerlo.",
                "sw": "Anataka kuweka pesa kwenye simu, au imeshindikana.",
                "ar": "يريد شحن رصيد أو يواجه مشكلة في الشحن.",
                "hi": "रिचार्ज करना चाहता है या उसमें दिक़्क़त है।",
                "pt": "Quer colocar crédito ou não consegue.",
            },
        },
        {
            "id": "balance",
            "names": {
                "en": "Balance and payments", "es": "Saldo y pagos", "sw": "Salio na malipo", "ar": "الرصيد والمدفوعات",
                "hi": "बैलेंस और भुगतान", "pt": "Saldo e pagamentos",
            },
            "definitions": {
                "en": "Asks how much is left, for a receipt, or where money went.",
                "es": "Pregunta cuánto le queda, pide un recibo o a dónde se fue su dinero.",
                "sw": "Anauliza salio, risiti au pesa ilikoenda.",
                "ar": "يسأل عن الرصيد أو إيصال أو أين ذهب المال.",
                "hi": "पूछता है कितना बचा है, रसीद माँगता है, या पैसा कहाँ गया।",
                "pt": "Pergunta quanto resta, pede comprovante ou para onde foi o dinheiro.",
            },
        },
        {
            "id": "line",
            "names": {
                "en": "Line and registration", "es": "Línea y registro", "sw": "Laini na usajili", "ar": "الخط والتسجيل",
                "hi": "सिम और रजिस्ट्रेशन", "pt": "Linha e cadastro",
            },
            "definitions": {
                "en": "SIM, PIN, PUK, registering or moving a number.",
                "es": "Chip, PIN, PUK, registrar o cambiar un número.",
                "sw": "Laini, PIN, PUK, kusajili au kuhamisha namba.",
                "ar": "الشريحة أو الرقم السري أو التسجيل أو نقل الرقم.",
                "hi": "सिम, पिन, PUK, नंबर रजिस्टर करना या बदलना।",
                "pt": "Chip, PIN, PUK, cadastrar ou trazer um número.",
            },
        },
        {
            "id": "none",
            "names": {
                "en": "None of these", "es": "Ninguna", "sw": "Hakuna hata moja", "ar": "لا شيء مما سبق",
                "hi": "इनमें से कोई नहीं", "pt": "Nenhuma destas",
            },
            "definitions": {
                "en": "Thanks, praise, shops, jobs, wrong numbers.",
                "es": "Agradecimientos, elogios, tiendas, empleo, número equivocado.",
                "sw": "Shukrani, pongezi, maduka, kazi, namba isiyo sahihi.",
                "ar": "شكر، مدح، فروع، وظائف، رقم خاطئ.",
                "hi": "धन्यवाद, तारीफ़, दुकान, नौकरी, ग़लत नंबर।",
                "pt": "Agradecimentos, elogios, lojas, emprego, número errado.",
            },
        },
    ],
}  # fmt: skip

PREFERENCE: dict[str, Any] = {
    "task_type": "pairwise",
    "question": {
        "en": "Which answer helps this person more?",
        "es": "¿Qué respuesta le sirve más a esta persona?",
        "sw": "Jibu lipi linamsaidia mtu huyu zaidi?",
        "ar": "أي إجابة تفيد هذا الشخص أكثر؟",
    },
    "classes": [],
    "options": {"allow_tie": True, "strength_steps": 2},
}

SENTIMENT: dict[str, Any] = {
    "task_type": "choice",
    "question": {
        "en": "How does the writer feel about the product?",
        "es": "¿Qué siente quien escribe por el producto?",
        "sw": "Mwandishi anaionaje bidhaa?",
        "ar": "ما شعور الكاتب تجاه المنتج؟",
        "pt": "O que a pessoa sente pelo produto?",
    },
    "classes": [
        {
            "id": "positive",
            "names": {"en": "Pleased", "es": "Contento", "sw": "Ameridhika", "ar": "راضٍ", "pt": "Satisfeita"},
            "definitions": {
                "en": "Praise outweighs everything else.",
                "es": "El elogio pesa más que todo lo demás.",
                "sw": "Sifa ni nyingi kuliko yote mengine.",
                "ar": "المدح يغلب على كل شيء آخر.",
                "pt": "O elogio pesa mais que todo o resto.",
            },
        },
        {
            "id": "negative",
            "names": {"en": "Displeased", "es": "Descontento", "sw": "Hajaridhika", "ar": "غير راضٍ", "pt": "Insatisfeita"},
            "definitions": {
                "en": "Complaint outweighs everything else.",
                "es": "La queja pesa más que todo lo demás.",
                "sw": "Malalamiko ni mengi kuliko yote mengine.",
                "ar": "الشكوى تغلب على كل شيء آخر.",
                "pt": "A queixa pesa mais que todo o resto.",
            },
        },
        {
            "id": "neutral",
            "names": {"en": "Neither", "es": "Ni uno ni otro", "sw": "Wala hili wala lile", "ar": "محايد", "pt": "Neutra"},
            "definitions": {
                "en": "States facts or asks, without judging.",
                "es": "Cuenta hechos o pregunta, sin juzgar.",
                "sw": "Anataja ukweli au anauliza, bila kuhukumu.",
                "ar": "يذكر وقائع أو يسأل دون حكم.",
                "pt": "Conta fatos ou pergunta, sem julgar.",
            },
        },
        {
            "id": "mixed",
            "names": {"en": "Mixed", "es": "Mixto", "sw": "Mchanganyiko", "ar": "مختلط", "pt": "Mista"},
            "definitions": {
                "en": "Praise and complaint of about equal weight.",
                "es": "Elogio y queja pesan casi lo mismo.",
                "sw": "Sifa na malalamiko yana uzito sawa.",
                "ar": "مدح وشكوى بالوزن نفسه تقريباً.",
                "pt": "Elogio e queixa com peso parecido.",
            },
        },
    ],
}  # fmt: skip
