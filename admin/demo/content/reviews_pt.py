"""Reviews of products in Portuguese of Brazil, by the feeling they express."""

SLOTS = {
    "thing": (
        "A chaleira", "A furadeira", "A mochila", "A batedeira", "A câmera", "A cafeteira", "A luminária",
        "A caixa de som", "A panela", "A cadeira",
    ),
    "days": ("três dias", "uma semana", "duas semanas", "um mês", "dois meses", "quatro meses"),
    "price": ("80 reais", "120 reais", "199 reais", "250 reais", "340 reais"),
}  # fmt: skip
OPENINGS: tuple[str, ...] = ()
CLOSINGS: tuple[str, ...] = ()
MESSAGES = {
    "positive": (
        "{thing} é excelente. Uso há {days} e não tenho do que reclamar.",
        "{thing} vale cada centavo dos {price}. Foi minha melhor compra do ano.",
        "{thing} chegou antes do prazo, bem embalada, e agradou a casa toda.",
        "{thing} continua como nova depois de {days}. Recomendo para todo mundo.",
        "{thing} me surpreendeu: não esperava essa qualidade por {price}.",
        "{thing} me poupa um tempão há {days}. Obrigada!",
        "{thing} é tão boa que já comprei a segunda, de novo por {price}.",
    ),
    "negative": (
        "{thing} quebrou depois de {days} e ninguém atende o telefone.",
        "{thing} me custou {price} e me arrependo de cada real.",
        "{thing} veio trincada e espero a troca há {days}.",
        "{thing} não tem nada a ver com a foto. Não paguem {price} por isso.",
        "{thing} esquenta e faz um barulho horrível. Não aguentei {days}.",
        "{thing} nunca funcionou. Foram os piores {price} que já gastei.",
        "{thing} foi comprada há {days} e até hoje não chegou.",
    ),
    "neutral": (
        "{thing} chegou hoje. Vou testar por {days} e volto para contar.",
        "{thing} foi um presente de {price}, eu mesma não usei.",
        "{thing} é comum, faz o que promete e pronto. Custou {price}.",
        "{thing} tem garantia de quanto tempo? Está comigo há {days}.",
        "{thing} é azul, tem o peso anunciado e levou {days} para chegar.",
        "{thing} é a terceira aqui de casa. O preço foi {price}.",
    ),
    "mixed": (
        "{thing} é ótima, mas cara demais por {price}.",
        "{thing} é linda, só que começou a ranger depois de {days}.",
        "{thing} atrasou {days}, mas o produto em si é excelente.",
        "{thing} é firme e prática. O defeito é o cabo curto. Por {price}, passa.",
        "{thing} me encantou nos primeiros {days}; depois foi perdendo a força.",
        "{thing} não vale {price}, mas o atendimento da loja foi nota dez.",
    ),
}
DOUBTFUL = (
    ("Dá para o gasto.", "neutral", "positive"),
    ("Se fosse um pouco mais barata, eu diria que é perfeita.", "mixed", "positive"),
    ("Durou a semana inteira, que milagre!", "negative", "positive"),
    ("Boa, até quebrar.", "negative", "mixed"),
    ("Chegou.", "neutral", "positive"),
)
