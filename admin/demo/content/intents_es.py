"""Messages to a telephone company in Spanish of Mexico: what customers write, by what they want."""

SLOTS = {
    "amount": ("20 pesos", "50 pesos", "80 pesos", "100 pesos", "150 pesos", "200 pesos"),
    "bundle": (
        "el paquete de un día", "el paquete semanal", "el paquete de 30 días", "el paquete de datos",
        "el paquete de redes sociales",
    ),
    "when": ("ayer", "hoy en la mañana", "antier", "anoche", "el lunes", "hace una hora", "la semana pasada"),
    "since": ("desde ayer", "desde la mañana", "desde antier", "desde hace tres días", "desde la semana pasada"),
    "place": ("Puebla", "Oaxaca", "León", "Mérida", "Toluca", "Tepic", "Saltillo", "Morelia", "Xalapa"),
}  # fmt: skip
OPENINGS = ("Hola.", "Buenos días.", "Buenas tardes.", "Disculpe.", "Oigan.", "Necesito ayuda.")
CLOSINGS = ("Gracias.", "Quedo al pendiente.", "Contesten pronto, por favor.", "Saludos.")
MESSAGES = {
    "refund": (
        "Compré {bundle} {when} y no funcionó. Quiero que me devuelvan mis {amount}.",
        "Me cobraron {amount} sin mi permiso {when}. Regrésenme mi dinero.",
        "Pagué {bundle} dos veces por error. Pido que me devuelvan el segundo cobro.",
        "¿Cuándo me van a reembolsar los {amount} que me quitaron {when}?",
        "Pedí el reembolso {when} y sigo sin ver mis {amount}.",
        "Yo no pedí {bundle} y me descontaron {amount}. Devuélvanlos, por favor.",
        "Me cobraron {bundle} {when} pero nunca se activó. Quiero de vuelta los {amount}.",
        "Me equivoqué y compré {bundle}. ¿Me pueden reintegrar los {amount}?",
    ),
    "network": (
        "El internet está lentísimo en {place} {since}.",
        "No tengo señal {since}. Ya apagué y prendí el celular tres veces.",
        "Se me cortan las llamadas {since}, estoy en {place}.",
        "Aquí en {place} no hay cobertura {since}.",
        "Tengo datos pero no me abre ninguna página {since}, ando en {place}.",
        "Cada vez que marco me dice que la red está saturada, así {since}.",
        "¿Hay una falla en {place}? No salen mis mensajes {since}.",
        "El internet nomás jala en la noche. De día en {place} no carga nada.",
    ),
    "bundle": (
        "Quiero comprar {bundle} de {amount}, ¿qué hago?",
        "¿Cuánto cuesta ahora {bundle}? Traigo {amount}.",
        "Quiero cambiar {bundle} por el de {amount}.",
        "¿Tienen alguna promoción de internet de {amount} que sirva en {place}?",
        "¿Cómo le hago para que {bundle} ya no se renueve solo? Se renovó {when}.",
        "Busco un paquete con más minutos que datos. ¿Cuál hay de {amount}?",
        "¿Me activan {bundle} de {amount} en el número de mi mamá?",
        "¿Qué oferta hay esta semana con {bundle} en {place}?",
    ),
    "topup": (
        "Intenté poner una recarga de {amount} {when} y la rechaza.",
        "¿Dónde puedo hacer una recarga de {amount} en {place}?",
        "La tarjeta de {amount} dice que ya se usó y la acabo de raspar.",
        "Hice una recarga de {amount} {when} y no me subió el saldo.",
        "No se leen los números de la ficha de {amount}. ¿Cómo la meto?",
        "¿Me prestan saldo? Con {amount} me alcanza hasta llegar a {place}.",
        "¿Puedo ponerle {amount} de recarga a un amigo de {place} desde mi celular?",
        "Quiero recargar {amount} cada semana con tarjeta del banco. ¿Se puede?",
    ),
    "balance": (
        "Tenía {amount} {when} y ahora me marca cero. ¿A dónde se fue mi saldo?",
        "Necesito el detalle de mis cobros, sobre todo el de {amount} de {when}.",
        "Mándenme el recibo de los {amount} que pagué {when}.",
        "¿Cómo reviso cuánto me queda si activé {bundle} {when}?",
        "¿Cuántos megas me quedan? Activé {bundle} {when}.",
        "¿Ya les llegó mi pago de {amount} de {when}?",
        "¿Por qué me bajó el saldo {amount} {when}?",
        "¿De cuánto viene mi factura este mes? Pagué {amount} {when}.",
    ),
    "line": (
        "Mi línea está bloqueada {since} y quiero que la activen. Estoy en {place}.",
        "Se me olvidó el PIN y el celular me pide el PUK {since}.",
        "Perdí el celular {when} en {place}. Por favor bloqueen la línea.",
        "Quiero un chip nuevo con el mismo número. El otro se rompió {when}.",
        "¿Qué necesito para registrar mi línea a mi nombre en {place}?",
        "Quiero pasar mi número desde otra compañía. Vivo en {place}.",
        "El chip que compré en {place} {when} todavía no se activa.",
        "Me rechazaron el registro {when} en la tienda de {place}. ¿Qué hago?",
    ),
    "none": (
        "Muchas gracias, ya quedó resuelto lo de {when} aquí en {place}.",
        "¿A qué hora abre la tienda de {place}? {when} estaba cerrada.",
        "¿Tienen vacantes en {place}? Terminé la escuela {when}.",
        "La señorita de la tienda de {place} me atendió muy bien {when}. Felicítenla.",
        "El anuncio que sacaron {when} nos dio mucha risa en {place}.",
        "Perdón, número equivocado. Le escribía {when} a mi vecina de {place}.",
        "¿Quién ganó la rifa de {when}? ¿De veras fue alguien de {place}?",
        "¿Venden cargadores en la tienda de {place}? El mío se descompuso {when}.",
    ),
}
# Which of two wishes counts is a question of the guideline: the text, the right class, the one that tempts.
DOUBTFUL = (
    ("Se me acabó el paquete antes de tiempo. Regrésenme el dinero o pónganme otro.", "refund", "bundle"),
    ("Compré el paquete semanal ayer y sigo sin internet.", "network", "bundle"),
    ("Saldo sí tengo, pero no me deja comprar el paquete.", "bundle", "balance"),
    ("La recarga me la cobraron dos veces y solo subió una. Quiero de vuelta la otra.", "refund", "topup"),
    ("Mi chip no agarra señal en ningún lado, ni en otro celular.", "line", "network"),
    ("Me prestaron saldo y ahora cada recarga me la quitan. ¿Cuánto debo?", "balance", "topup"),
    ("Cuando vuelva la señal qué bueno, pero primero díganme cuánto me queda del paquete.", "balance", "network"),
    ("Le dieron mi número viejo a otra persona y todavía tenía saldo.", "line", "balance"),
    ("Gracias por el paquete gratis, pero no quiero que se renueve el otro mes.", "bundle", "none"),
    ("La ficha no se lee; entonces que me devuelvan el dinero en la tienda.", "refund", "topup"),
)
