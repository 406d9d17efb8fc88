# SPDX-License-Identifier: MIT OR Apache-2.0
# Portuguese of Brazil, short and polite. "~" is a space at which a line never breaks.

language-name = Português
# as the voice says it; a language without a voice of its own is named in English
language-heard = Portuguese

## Frame around every view
step-identity = Identidade
step-consent = Consentimento
step-done = Concluído
progress-count = { $name } { $step }/{ $steps }
progress-of = Parte { $step } de { $steps }
staff-call = Ajuda na recepção
language-button = Idioma
language-choose = Escolha o~idioma.

## Text size, colours, layout
ease = Letras
ease-title = Escolha o tamanho das~letras e as~cores.
ease-lasts = Volta ao~normal quando você~sair.
ease-chosen = { $name }, escolhido
text-normal = Normal
text-large = Grande
text-largest = Maior
contrast-normal = Cores normais
contrast-high = Fundo preto
layout-low = Cadeira de rodas: botões mais baixos
layout-normal = Desligar o modo cadeira de rodas

## Screen alone: the mode manager is not there yet
starting = Preparando.
starting-wait = Aguarde um~momento.
splash-stays = Se demorar, fale com a~recepção.

## P-00 idle (F-09 uses the same sentence)
place-card = Coloque o cartão My~Number.
place-card-picture = Figura de um cartão sendo colocado no leitor

## P-02 method
choose-method = Escolha como confirmar sua~identidade.
method-privacy = Usado só para confirmar sua identidade; para nada~mais.
method-face = Usar o~rosto
method-pin = Digitar senha
finish = Encerrar

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = Olhe para a~câmera.
face-hold = Fique parado um~momento.
face-picture = Figura de um rosto olhando para a câmera
hint-closer = Chegue um pouco mais~perto.
hint-raise = Levante o~rosto.
hint-dark = O rosto está~escuro.
hint-backlight = Há luz demais~atrás.
hint-backlight-lasts = A luz atrás é forte e o rosto fica~escuro.
hint-covered = Algo cobre o~rosto.
hint-one-person = Uma pessoa por~vez.
face-pin = Você pode usar a~senha.
face-failed = Não foi possível confirmar o~rosto.
face-failed-do = Tente de novo ou use a~senha.
face-failed-again = Tente de novo ou fale com a~recepção.
number-unread = Tire o cartão da capa e coloque de~novo.

## P-04 PIN pad
enter-pin = Digite a senha (4~números).
tries-left = { $tries ->
    [one] Só { $tries }~vez
   *[other] Só { $tries }~vezes
}
pin-correct = Apagar
pin-count = { $count } de { $digits } números digitados
use-face = Usar o~rosto

## P-05x wait
wait = Estamos confirmando.
wait-card = Deixe o cartão My~Number no lugar e~aguarde.

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = Celular
phone-title = Atendimento pelo celular
phone-choose = Escolha o tipo do seu~celular.
phone-android = Android
phone-iphone = iPhone
phone-pin = Senha do certificado móvel.
phone-hold = Aproxime o celular do leitor ao~lado.
phone-hold-still = Não mova até terminar a~leitura.
phone-hold-iphone = Confirme na tela do~iPhone.
phone-picture = Figura de um celular sendo aproximado do leitor ao lado
wait-phone = Aguarde um~momento.

## Staff: P-00's button, S-01, S-02
staff-button = Funcionário
enter-passcode = Digite o código para a conferência~visual.
passcode-wrong = Código incorreto.
passcode-unverified = Não foi possível verificar o~código.
passcode-wait = O código não pode ser usado~agora.
passcode-wait-do = { $minutes ->
    [one] Aguarde { $minutes }~minuto.
   *[other] Aguarde { $minutes }~minutos.
}
passcode-wait-hours-do = { $hours ->
    [one] Aguarde { $hours }~hora.
   *[other] Aguarde { $hours }~horas.
}
passcode-closed = O código não pode ser~usado.
passcode-closed-do = Emita um novo no~terminal.
visual-begin = Início da verificação.
visual-do = Compare o rosto com o cartão e peça para colocar o cartão My~Number.
stop = Cancelar

## P-06 consent method
consent-question = Podemos ver suas informações médicas passadas?
consent-groups-x = [Cirurgias, doenças, infecções / Consultas, remédios / Exames de~saúde]
consent-groups-y = [Cirurgias / Consultas, remédios / Exames de~saúde]
consent-all = Sim, a~tudo
consent-each = Escolher um a~um

## P-07 carry over
carry-over = Manter escolhas
choose-again = Outra escolha
show-earlier = Ver escolhas atuais

## P-08 earlier consents
earlier-title = Suas escolhas anteriores
earlier-surgery-x = Cirurgias, doenças, testes de infecções
earlier-surgery-y = Cirurgias
earlier-care-x = Consultas (outros exames, alergias~etc.), remédios
earlier-care-y = Consultas, remédios
earlier-medicine = Remédios
earlier-checkup = Exames de saúde
earlier-row = { $group }: { $mark }
consent-mark-yes = Sim
consent-mark-no = Não
back = Voltar

## P-09 individual consent
surgery-heading-x = Cirurgias, doenças, infecções
surgery-heading-y = Cirurgias
surgery-question-x = Podemos ver seus registros anteriores de cirurgias, nomes de doenças e testes de~infecções?
surgery-question-y = Podemos ver seus registros anteriores de~cirurgias?
care-heading = Consultas e remédios
care-question-x = Podemos ver seus registros anteriores de consultas (outros exames, alergias~etc.) e de~remédios?
care-question-y = Podemos ver seus registros anteriores de consultas, exceto cirurgias, e de~remédios?
medicine-heading = Remédios
medicine-question = Podemos ver seus registros anteriores de~remédios?
checkup-heading = Exames de saúde
checkup-question = Podemos ver seus registros anteriores de exames de~saúde?
agree = Concordo
disagree = Não concordo

## P-10 form of prescription, P-11 public subsidy
prescription-question = Escolha o tipo de~receita.
prescription-electronic = Receita eletrônica
prescription-paper = Receita em~papel
subsidy-question = Deseja usar os certificados de auxílio de despesas~médicas?
use = Usar
use-not = Não usar

## P-13b limit of what is paid; asked before P-12
high-cost-question = Deseja informar seu limite a~pagar?
high-cost-what = É o máximo a pagar no balcão pelo sistema de despesas médicas de alto~custo.
provide = Informar
provide-not = Não informar

## P-12 referral letters
letters-question = Que encaminhamentos deseja~entregar?
letters-page = { $page }/{ $pages }
letters-page-heard = Página { $page }
letters-ticked = { $count ->
    [one] { $count } marcada
   *[other] { $count } marcadas
}
letter = Carta de encaminhamento
letter-heard = Carta de encaminhamento { $number }
letter-issued = Emitida em~{ $day }/{ $month }
letter-is-ticked = { $letter }, escolhida
next-page = Próxima página
submit = Entregar
submit-none = Não entregar

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = O certificado do cartão vence em~breve ({ $date }).
expiring-undated = O certificado do cartão vence em~breve.
expiring-do = Renove-o no balcão da sua~prefeitura.
day = { $day }/{ $month }/{ $year }

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }, confirmação concluída.
done-take-card = Retire o cartão My~Number.
done-picture = Figura de um cartão sendo retirado do leitor
done-neutral = Confirmação concluída.
done-wait = Aguarde na recepção.

## F-xx: what happened, what to do now, one way out
pin-wrong = Senha incorreta.
pin-wrong-tries = { $tries ->
    [one] Mais { $tries } erro e a senha será~bloqueada.
   *[other] Mais { $tries } erros e a senha será~bloqueada.
}
pin-unusable = Não é possível usar a senha deste~cartão.
pin-unusable-do = Confirme com o~rosto.
expired-recent = O certificado digital está~vencido.
expired-recent-do = Só o seguro será~verificado.
expired-old = Não é possível confirmar com este~cartão.
expired-old-do = Venha até a~recepção.
card-away = O cartão saiu do~leitor.
card-away-do = Coloque de novo para continuar de onde~parou.
unreadable = Não foi possível ler o~cartão.
unreadable-do = Tire o cartão da capa e coloque de~novo.
no-insurance = Não encontramos os dados do~seguro.
unavailable = Não é possível confirmar~agora.
timed-out = Encerrado por falta de~uso.
timed-out-do = Retire o seu~cartão.
forgotten = Retire o seu~cartão
ask-reception = Fale com a~recepção.
phone-unreadable = Não foi possível ler o~celular.
phone-unreadable-do = Mova devagar para cima e para~baixo.
phone-other = Não é o celular~escolhido.
phone-other-do = Escolha de~novo.
retry = De novo
use-card = Cartão
card-here = Coloque o cartão My~Number neste~leitor.
phone-pin-unusable = Não é possível usar a senha deste~celular.
phone-pin-unusable-do = Use o cartão ou fale com a~recepção.
phone-refused = Não é possível confirmar com este~celular.
phone-timed-out-do = Comece de novo desde o~início.
phone-forgotten = Retire o seu~celular

## Time-out warning, over any view
warning = Vai encerrar. Continuar?
warning-continue = Seguir

## Staff strip
staff-hop-terminal = Terminal: sem conexão
staff-hop-network = Rede: sem conexão
staff-hop-centre = Centro: sem resposta
staff-starting = Iniciando
staff-camera = Câmera: com defeito
# what the terminal holds the reader in
staff-held-pin-only = Terminal: só senha
staff-held-visual = Terminal: conferência visual
staff-held-run = Terminal: visual, { $minutes }~min
staff-still-pin-only = Terminal: ainda só senha
staff-still-visual = Terminal: ainda visual

## Said by the voice; never shown
voice-help = Mais: próxima opção. Menos: opção anterior. Enter: escolher. Asterisco: ouvir de novo. Barra: ouvir mais alto. Se precisar de ajuda, fale com a~recepção.
