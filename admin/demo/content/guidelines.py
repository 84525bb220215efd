"""Guidelines of the demonstration's projects, one text for each language, and what their versions changed."""

INTENTS_FIRST: dict[str, str] = {
    "en": """What customers want

A message comes from a customer of a telephone company. Choose the one thing that the customer wants from us.

1. Choose what is asked for, not the problem that caused it.
2. If two things are asked for, choose the first one.
3. Spelling, dialect and politeness make no difference.
4. If nothing is asked of the telephone service itself, choose “None of these”.""",
    "es": """Qué quiere el cliente

El mensaje es de un cliente de una compañía de telefonía. Elige lo único que el cliente quiere de nosotros.

1. Elige lo que pide, no el problema que lo causó.
2. Si pide dos cosas, elige la primera.
3. La ortografía, el modo de hablar y la cortesía no cambian nada.
4. Si no pide nada del servicio de telefonía, elige “Ninguna”.""",
    "sw": """Mteja anataka nini

Ujumbe umetoka kwa mteja wa kampuni ya simu. Chagua jambo moja ambalo mteja analitaka kutoka kwetu.

1. Chagua kile anachoomba, si tatizo lililosababisha.
2. Akiomba mambo mawili, chagua la kwanza.
3. Tahajia, lahaja na adabu havibadilishi chochote.
4. Ikiwa haombi chochote kuhusu huduma ya simu, chagua “Hakuna hata moja”.""",
    "ar": """ماذا يريد العميل

الرسالة من عميل لشركة اتصالات. اختر الشيء الواحد الذي يريده العميل منا.

1. اختر ما يطلبه، لا المشكلة التي سببته.
2. إذا طلب شيئين فاختر الأول.
3. الإملاء واللهجة والأسلوب لا تغيّر شيئاً.
4. إذا لم يطلب شيئاً من خدمة الاتصالات فاختر «لا شيء مما سبق».""",
    "hi": """ग्राहक क्या चाहता है

संदेश एक टेलीफ़ोन कंपनी के ग्राहक का है। वह एक बात चुनिए जो ग्राहक हमसे चाहता है।

1. जो माँगा गया है वह चुनिए, वह समस्या नहीं जिससे माँग पैदा हुई।
2. दो बातें माँगी गई हों तो पहली चुनिए।
3. वर्तनी, बोली और शिष्टता से फ़र्क़ नहीं पड़ता।
4. टेलीफ़ोन सेवा से कुछ न माँगा गया हो तो “इनमें से कोई नहीं” चुनिए।""",
    "pt": """O que o cliente quer

A mensagem é de um cliente de uma operadora. Escolha a única coisa que o cliente quer de nós.

1. Escolha o que é pedido, não o problema que causou o pedido.
2. Se pede duas coisas, escolha a primeira.
3. Ortografia, jeito de falar e educação não mudam nada.
4. Se não pede nada do serviço de telefonia, escolha “Nenhuma destas”.""",
}
# The second version answers what annotators asked: which of two wishes counts.
_SECOND_ADDS = {
    "en": "5. If money is to come back or something else is to be given instead, choose “Money back”.",
    "es": "5. Si pide el dinero o algo a cambio, elige “Devolución”.",
    "sw": "5. Akiomba pesa irudi au apewe kitu kingine, chagua “Kurudishiwa pesa”.",
    "ar": "5. إذا طلب إرجاع المال أو شيئاً بدلاً منه فاختر «استرداد المال».",
    "hi": "5. पैसा वापस या उसके बदले कुछ और माँगा हो तो “पैसे वापस” चुनिए।",
    "pt": "5. Se pede o dinheiro ou outra coisa no lugar, escolha “Estorno”.",
}
INTENTS_SECOND = {locale: f"{text}\n{_SECOND_ADDS[locale]}" for locale, text in INTENTS_FIRST.items()}
INTENTS_CHANGE = "Money back or something else: decided, after questions from work in Kiswahili and Hindi."

PREFERENCE: dict[str, str] = {
    "en": """Which answer helps more

Read the question, then both answers. Judge content first, then language.

1. A wrong or dangerous answer loses, however well it is written.
2. An answer that evades loses against one that helps.
3. Length alone is no reason.
4. If both help equally, or neither helps, choose “Equally good or bad”.""",
    "es": """Qué respuesta sirve más

Lee la pregunta y luego las dos respuestas. Juzga primero el contenido y después el lenguaje.

1. Una respuesta falsa o peligrosa pierde, por bien escrita que esté.
2. Una respuesta que evade pierde contra una que ayuda.
3. El largo por sí solo no es razón.
4. Si las dos ayudan igual, o ninguna ayuda, elige “Igual de buenas o malas”.""",
    "sw": """Jibu lipi linasaidia zaidi

Soma swali, kisha majibu yote mawili. Pima maudhui kwanza, lugha baadaye.

1. Jibu la uongo au la hatari hushindwa, hata likiandikwa vizuri.
2. Jibu linalokwepa hushindwa na linalosaidia.
3. Urefu peke yake si sababu.
4. Yote mawili yakisaidia sawa, au yasiposaidia, chagua kwamba ni sawa.""",
    "ar": """أي إجابة تفيد أكثر

اقرأ السؤال ثم الإجابتين. احكم على المضمون أولاً ثم اللغة.

1. الإجابة الخاطئة أو الخطرة تخسر مهما حسنت صياغتها.
2. الإجابة التي تتهرب تخسر أمام التي تساعد.
3. الطول وحده ليس سبباً.
4. إذا تساوتا فاختر أنهما متساويتان.""",
}

SENTIMENT: dict[str, str] = {
    "en": """How the writer feels

Judge what the writer feels about the product, not about the shop or the delivery.

1. Praise and complaint of about equal weight are “Mixed”.
2. Irony counts as what it means.
3. Facts and questions without judgement are “Neither”.""",
    "es": """Qué siente quien escribe

Juzga lo que siente por el producto, no por la tienda ni por el envío.

1. Elogio y queja de peso parecido son “Mixto”.
2. La ironía cuenta por lo que significa.
3. Hechos y preguntas sin juicio son “Ni uno ni otro”.""",
    "sw": """Mwandishi anahisi nini

Pima anavyoiona bidhaa, si duka wala usafirishaji.

1. Sifa na malalamiko ya uzito sawa ni “Mchanganyiko”.
2. Kejeli huhesabiwa kwa maana yake.
3. Ukweli na maswali bila hukumu ni “Wala hili wala lile”.""",
    "ar": """ما شعور الكاتب

احكم على شعوره تجاه المنتج، لا المتجر ولا التوصيل.

1. المدح والشكوى بوزن متقارب هما «مختلط».
2. السخرية تُحسب بمعناها المقصود.
3. الوقائع والأسئلة بلا حكم هي «محايد».""",
    "pt": """O que a pessoa sente

Julgue o que sente pelo produto, não pela loja nem pela entrega.

1. Elogio e queixa de peso parecido são “Mista”.
2. Ironia conta pelo que quer dizer.
3. Fatos e perguntas sem julgamento são “Neutra”.""",
}
