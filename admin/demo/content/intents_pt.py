"""Messages to a telephone company in Portuguese of Brazil: what customers write, by what they want."""

SLOTS = {
    "amount": ("15 reais", "20 reais", "30 reais", "40 reais", "50 reais", "100 reais"),
    "bundle": (
        "o pacote diário", "o pacote semanal", "o pacote mensal", "o pacote de internet", "o pacote de ligações",
    ),
    "when": ("ontem", "hoje cedo", "anteontem", "ontem à noite", "na segunda", "faz uma hora", "semana passada"),
    "since": ("desde ontem", "desde cedo", "desde anteontem", "faz três dias", "desde a semana passada"),
    "place": ("Recife", "Campinas", "Belém", "Londrina", "Natal", "Goiânia", "Pelotas", "Manaus", "Uberlândia"),
}  # fmt: skip
OPENINGS = ("Oi.", "Bom dia.", "Boa tarde.", "Olá.", "Gente.", "Preciso de ajuda.")
CLOSINGS = ("Obrigada.", "Fico no aguardo.", "Respondam logo, por favor.", "Valeu.")
MESSAGES = {
    "refund": (
        "Comprei {bundle} {when} e não funcionou. Quero meus {amount} de volta.",
        "Descontaram {amount} sem eu autorizar {when}. Devolvam meu dinheiro.",
        "Paguei {bundle} duas vezes sem querer. Peço o estorno da segunda cobrança.",
        "Quando vocês vão estornar os {amount} que tiraram {when}?",
        "Pedi o reembolso {when} e até agora nada dos meus {amount}.",
        "Eu não pedi {bundle} e levaram {amount}. Devolvam, por favor.",
        "Cobraram {bundle} {when} e nunca ativou. Quero os {amount} de volta.",
        "Me enganei e comprei {bundle}. Dá para devolver os {amount}?",
    ),
    "network": (
        "A internet está lenta demais em {place} {since}.",
        "Estou sem sinal {since}. Já desliguei e liguei o celular três vezes.",
        "As ligações caem no meio da conversa {since}, estou em {place}.",
        "Aqui em {place} não tem cobertura {since}.",
        "Tenho dados, mas nenhuma página abre {since}, e olha que estou no centro de {place}.",
        "Toda vez que ligo diz que a rede está ocupada, assim {since}.",
        "Caiu a rede em {place}? Minhas mensagens não saem {since}.",
        "A internet só pega de noite. De dia em {place} não carrega nada.",
    ),
    "bundle": (
        "Quero comprar {bundle} de {amount}. Como faço?",
        "Quanto está custando {bundle}? Tenho {amount}.",
        "Quero trocar {bundle} pelo de {amount}.",
        "Vocês têm promoção de internet de {amount} que funcione em {place}?",
        "Como faço para {bundle} não renovar sozinho? Renovou {when}.",
        "Procuro um pacote com mais minutos do que internet. Qual tem por {amount}?",
        "Podem ativar {bundle} de {amount} no número da minha mãe?",
        "Qual é a oferta da semana com {bundle} em {place}?",
    ),
    "topup": (
        "Tentei fazer uma recarga de {amount} {when} e deu erro.",
        "Onde faço recarga de {amount} em {place}?",
        "O cartão de recarga de {amount} diz que já foi usado, e acabei de raspar.",
        "Fiz uma recarga de {amount} {when} e o crédito não caiu.",
        "Não dá para ler os números do cartão de {amount}. Como recarrego?",
        "Vocês emprestam crédito? {amount} já me ajudam até chegar em {place}.",
        "Posso colocar {amount} de crédito para um amigo de {place} pelo meu celular?",
        "Quero recarregar {amount} toda semana no cartão do banco. Dá?",
    ),
    "balance": (
        "Eu tinha {amount} {when} e agora aparece zero. Para onde foi meu saldo?",
        "Preciso do extrato das cobranças, principalmente a de {amount} de {when}.",
        "Me mandem o comprovante dos {amount} que paguei {when}.",
        "Como vejo quanto sobrou? Ativei {bundle} {when}.",
        "Quantos gigas ainda tenho? Ativei {bundle} {when}.",
        "Meu pagamento de {amount} feito {when} já caiu aí?",
        "Por que meu saldo diminuiu {amount} {when}?",
        "De quanto veio minha conta este mês? Paguei {amount} {when}.",
    ),
    "line": (
        "Minha linha está bloqueada {since} e quero desbloquear. Moro em {place}.",
        "Esqueci o PIN e o celular está pedindo o PUK {since}.",
        "Perdi o celular {when} em {place}. Por favor, bloqueiem a linha.",
        "Quero um chip novo com o mesmo número. O antigo quebrou {when}.",
        "O que preciso levar para cadastrar o chip no meu nome em {place}?",
        "Quero trazer meu número de outra operadora. Moro em {place}.",
        "O chip que comprei em {place} {when} ainda não ativou.",
        "Recusaram meu cadastro {when} na loja de {place}. O que eu faço?",
    ),
    "none": (
        "Muito obrigada, o problema de {when} aqui em {place} foi resolvido.",
        "Que horas abre a loja de {place}? {when} estava fechada.",
        "Vocês têm vaga de emprego em {place}? Terminei o curso {when}.",
        "A moça da loja de {place} me atendeu muito bem {when}. Parabéns para ela.",
        "A propaganda que passou {when} fez todo mundo rir em {place}.",
        "Desculpa, número errado. Eu estava escrevendo {when} para a vizinha de {place}.",
        "Quem ganhou o sorteio de {when}? Foi mesmo alguém de {place}?",
        "Vocês vendem carregador na loja de {place}? O meu queimou {when}.",
    ),
}
# Which of two wishes counts is a question of the guideline: the text, the right class, the one that tempts.
DOUBTFUL = (
    ("O pacote acabou antes da hora. Devolvam o dinheiro ou coloquem outro.", "refund", "bundle"),
    ("Comprei o pacote semanal ontem e continuo sem internet.", "network", "bundle"),
    ("Saldo eu tenho, mas não deixa comprar o pacote.", "bundle", "balance"),
    ("Cobraram a recarga duas vezes e só caiu uma. Quero a outra de volta.", "refund", "topup"),
    ("Meu chip não pega sinal em lugar nenhum, nem em outro aparelho.", "line", "network"),
    ("Peguei crédito emprestado e agora toda recarga some. Quanto estou devendo?", "balance", "topup"),
    ("Quando o sinal voltar, ótimo, mas primeiro me digam quanto sobrou do pacote.", "balance", "network"),
    ("Deram meu número antigo para outra pessoa e ainda tinha saldo nele.", "line", "balance"),
    ("Obrigado pelo pacote grátis, mas não quero que renove no mês que vem.", "bundle", "none"),
    ("O cartão está ilegível; então devolvam o dinheiro na loja.", "refund", "topup"),
)
