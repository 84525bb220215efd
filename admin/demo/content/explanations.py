"""Why an answer is right: what training questions teach, by language and class."""

INTENTS: dict[str, dict[str, str]] = {
    "sw": {
        "refund": "Mteja anaomba pesa irudi. Sababu yake haibadilishi anachoomba.",
        "network": "Huduma yenyewe haifanyi kazi: intaneti, simu au ujumbe.",
        "bundle": "Anataka kununua, kubadilisha au kusimamisha bando.",
        "topup": "Anataka kuweka pesa kwenye simu, au imeshindikana.",
        "balance": "Anauliza kiasi, risiti au pesa ilikoenda. Haombi irudi.",
        "line": "Inahusu laini, PIN, PUK au usajili.",
        "none": "Haombi chochote kuhusu huduma ya simu.",
    },
    "es": {
        "refund": "Pide que le regresen dinero. El motivo no cambia lo que pide.",
        "network": "No funciona el servicio: internet, llamadas o mensajes.",
        "bundle": "Quiere comprar, cambiar o cancelar un paquete.",
        "topup": "Quiere poner saldo o no puede ponerlo.",
        "balance": "Pregunta cuánto, un recibo o a dónde se fue. No pide que se lo regresen.",
        "line": "Se trata del chip, del PIN, del PUK o del registro.",
        "none": "No pide nada del servicio de telefonía.",
    },
    "ar": {
        "refund": "العميل يطلب إرجاع ماله. السبب لا يغيّر الطلب.",
        "network": "الخدمة نفسها لا تعمل: إنترنت أو مكالمات أو رسائل.",
        "bundle": "يريد شراء باقة أو تغييرها أو إيقافها.",
        "topup": "يريد الشحن أو فشل الشحن معه.",
        "balance": "يسأل عن مبلغ أو إيصال أو أين ذهب المال، ولا يطلب إرجاعه.",
        "line": "الأمر يخص الشريحة أو الرقم السري أو التسجيل.",
        "none": "لا يطلب شيئاً من خدمة الاتصالات.",
    },
    "hi": {
        "refund": "ग्राहक पैसा वापस माँग रहा है। कारण से माँग नहीं बदलती।",
        "network": "सेवा ही नहीं चल रही: इंटरनेट, कॉल या मैसेज।",
        "bundle": "पैक लेना, बदलना या बंद करना चाहता है।",
        "topup": "रिचार्ज करना चाहता है या नहीं हो पा रहा।",
        "balance": "कितना है, रसीद, या पैसा कहाँ गया, यह पूछ रहा है। वापस नहीं माँग रहा।",
        "line": "बात सिम, पिन, PUK या रजिस्ट्रेशन की है।",
        "none": "टेलीफ़ोन सेवा से कुछ नहीं माँगा गया।",
    },
    "pt": {
        "refund": "Pede o dinheiro de volta. O motivo não muda o pedido.",
        "network": "O serviço não funciona: internet, ligações ou mensagens.",
        "bundle": "Quer comprar, trocar ou cancelar um pacote.",
        "topup": "Quer colocar crédito ou não consegue.",
        "balance": "Pergunta quanto, um comprovante ou para onde foi. Não pede de volta.",
        "line": "É sobre chip, PIN, PUK ou cadastro.",
        "none": "Não pede nada do serviço de telefonia.",
    },
}
PREFERENCE: dict[str, dict[str, str]] = {
    "sw": {
        "wrong": "Jibu moja linapotosha au ni la hatari. Jingine ni la kweli.",
        "evasive": "Jibu moja linakwepa swali. Jingine linasaidia.",
        "equal": "Yote mawili ni ya kweli na yanasaidia sawa.",
    },
    "es": {
        "wrong": "Una respuesta es falsa o peligrosa. La otra es correcta.",
        "evasive": "Una respuesta evade la pregunta. La otra ayuda.",
        "equal": "Las dos son correctas y ayudan igual.",
    },
}
SENTIMENT: dict[str, dict[str, str]] = {
    "ar": {
        "positive": "الكاتب يمدح المنتج.",
        "negative": "الكاتب يشكو من المنتج.",
        "neutral": "وقائع أو سؤال، بلا حكم.",
        "mixed": "مدح وشكوى بوزن متقارب.",
    },
    "pt": {
        "positive": "A pessoa elogia o produto.",
        "negative": "A pessoa reclama do produto.",
        "neutral": "Fatos ou pergunta, sem julgamento.",
        "mixed": "Elogio e queixa de peso parecido.",
    },
}
