# SPDX-License-Identifier: MIT OR Apache-2.0
# Korean, polite. A line breaks at a space; "~" is a space at which it never does.

language-name = 한국어
# as the voice says it; a language without a voice of its own is named in English
language-heard = Korean

## Frame around every view
step-identity = 본인~확인
step-consent = 동의
step-done = 완료
progress-count = { $name } { $step }/{ $steps }
progress-of = { $steps }단계 중 { $step }단계
staff-call = 도움이 필요하시면 접수처로 오십시오.
language-button = 언어
language-choose = 언어를 선택해~주십시오.

## Text size, colours, layout
ease = 글자 크기
ease-title = 글자 크기와 색을 선택해~주십시오.
ease-lasts = 떠나시면 원래대로 돌아갑니다.
ease-chosen = { $name }, 선택됨
text-normal = 보통
text-large = 크게
text-largest = 가장 크게
contrast-normal = 기본 색
contrast-high = 검은 배경
layout-low = 휠체어용: 버튼을 아래로 옮기기
layout-normal = 휠체어용 배치 끄기

## Screen alone: the mode manager is not there yet
starting = 준비하고 있습니다.
starting-wait = 잠시 기다려~주십시오.
splash-stays = 오래 걸리면 접수처에 문의해~주십시오.

## P-00 idle (F-09 uses the same sentence)
place-card = 마이넘버카드를 놓아~주십시오.
place-card-picture = 카드를 리더기에 놓는 그림

## P-02 method
choose-method = 본인 확인 방법을 선택해~주십시오.
method-privacy = 본인 확인 정보는 다른 목적으로 사용하지 않습니다.
method-face = 얼굴~인증
method-pin = 비밀번호~입력
finish = 종료

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = 카메라를 봐~주십시오.
face-hold = 그대로 기다려~주십시오.
face-picture = 카메라를 보는 그림
hint-closer = 조금 더 가까이 와~주십시오.
hint-raise = 얼굴을 들어~주십시오.
hint-dark = 얼굴이 어둡습니다.
hint-backlight = 뒤쪽이 너무 밝습니다.
hint-backlight-lasts = 뒤쪽 빛이 강해 얼굴이 어둡게 보입니다.
hint-covered = 얼굴이 가려져 있습니다.
hint-one-person = 한 분만 서~주십시오.
face-pin = 비밀번호로 확인할 수 있습니다.
face-failed = 얼굴을 확인하지 못했습니다.
face-failed-do = 다시 하거나 비밀번호로 확인할 수 있습니다.
face-failed-again = 다시 하거나 접수처에 문의해~주십시오.
number-unread = 카드를 케이스에서 꺼내 다시 놓아~주십시오.

## P-04 PIN pad
enter-pin = 비밀번호 4자리를 입력해~주십시오.
tries-left = { $tries }회~남음
pin-correct = 삭제
pin-count = { $digits }자리 중 { $count }자리를 입력했습니다
use-face = 얼굴 인증으로

## P-05x wait
wait = 확인하고 있습니다.
wait-card = 마이넘버카드를 그대로 두고 기다려~주십시오.

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = 스마트폰
phone-title = 스마트폰으로 접수
phone-choose = 사용하시는 스마트폰을 선택해~주십시오.
phone-android = Android
phone-iphone = iPhone
phone-pin = 스마트폰용 전자증명서의 비밀번호입니다.
phone-hold = 스마트폰을 옆의 리더기에 대~주십시오.
phone-hold-still = 읽을 때까지 그대로 기다려~주십시오.
phone-hold-iphone = iPhone 화면에서 인증해~주십시오.
phone-picture = 옆의 리더기에 스마트폰을 대는 그림
wait-phone = 그대로 기다려~주십시오.

## Staff: P-00's button, S-01, S-02
staff-button = 직원용
enter-passcode = 육안 확인용 패스코드를 입력해~주십시오.
passcode-wrong = 패스코드가 틀렸습니다.
passcode-unverified = 패스코드를 확인하지 못했습니다.
passcode-wait = 지금은 패스코드를 사용할 수 없습니다.
passcode-wait-do = { $minutes }분 기다려~주십시오.
passcode-wait-hours-do = { $hours }시간 기다려~주십시오.
passcode-closed = 패스코드를 사용할 수 없습니다.
passcode-closed-do = 단말기에서 다시 발급해~주십시오.
visual-begin = 자격 확인을 시작합니다.
visual-do = 육안으로 본인을 확인한 후 마이넘버카드를 놓아~주십시오.
stop = 중지

## P-06 consent method
consent-question = 과거 의료정보 등의 제공에 동의하십니까?
consent-groups-x = 【수술, 상병명, 감염증 / 진료, 약 / 건강검진】
consent-groups-y = 【수술 / 진료, 약 / 건강검진】
consent-all = 모두~동의
consent-each = 개별~선택

## P-07 carry over
carry-over = 현재~선택~유지
choose-again = 다시~선택
show-earlier = 현재 동의 상황 보기

## P-08 earlier consents
earlier-title = 사전 또는 지난번 동의 상황
earlier-surgery-x = 수술, 상병명, 감염증 검사 결과
earlier-surgery-y = 수술
earlier-care-x = 진료 (감염증을 제외한 검사 결과, 알레르기 등), 약
earlier-care-y = 진료, 약
earlier-medicine = 약
earlier-checkup = 건강검진
earlier-row = { $group }: { $mark }
consent-mark-yes = 동의
consent-mark-no = 동의~안~함
back = 뒤로

## P-09 individual consent
surgery-heading-x = 수술, 상병명, 감염증
surgery-heading-y = 수술
surgery-question-x = 과거의 수술 정보, 상병명 정보, 감염증 검사 결과를 본 기관에 제공하는 데 동의하십니까?
surgery-question-y = 과거의 수술 정보를 본 기관에 제공하는 데 동의하십니까?
care-heading = 진료, 약
care-question-x = 과거의 진료 정보(감염증을 제외한 검사 결과, 알레르기 등)와 약 정보를 본 기관에 제공하는 데 동의하십니까?
care-question-y = 과거의 수술 이외의 진료 정보와 약 정보를 본 기관에 제공하는 데 동의하십니까?
medicine-heading = 약
medicine-question = 과거의 약 정보를 본 기관에 제공하는 데 동의하십니까?
checkup-heading = 건강검진
checkup-question = 과거의 건강검진 정보를 본 기관에 제공하는 데 동의하십니까?
agree = 동의
disagree = 동의~안~함

## P-10 form of prescription, P-11 public subsidy
prescription-question = 처방전의 형태를 선택해~주십시오.
prescription-electronic = 전자~처방전
prescription-paper = 종이~처방전
subsidy-question = 의료비 지원의 각종 수급자증을 이용하시겠습니까?
use = 이용함
use-not = 이용~안~함

## P-13b limit of what is paid; asked before P-12
high-cost-question = 한도액 정보를 제공하시겠습니까?
high-cost-what = 고액요양비 제도에서 정한 창구 지불 상한액입니다.
provide = 제공함
provide-not = 제공~안~함

## P-12 referral letters
letters-question = 제출할 소개장을 모두 선택해~주십시오.
letters-page = { $page }/{ $pages }
letters-page-heard = { $page } 페이지
letters-ticked = { $count }건~선택
letter = 소개장
letter-heard = 소개장 { $number }
letter-issued = 발행일 { $month }/{ $day }
letter-is-ticked = { $letter }, 선택됨
next-page = 다음~페이지
submit = 제출
submit-none = 제출~안~함

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = 전자증명서의 유효기간이 곧 끝납니다 ({ $date }).
expiring-undated = 전자증명서의 유효기간이 곧 끝납니다.
expiring-do = 시구정촌 창구에서 갱신해~주십시오.
day = { $year }년~{ $month }월~{ $day }일

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name } 님, 확인이 완료되었습니다.
done-take-card = 마이넘버카드를 꺼내~주십시오.
done-picture = 카드를 꺼내는 그림
done-neutral = 확인이 완료되었습니다.
done-wait = 접수처에서 기다려~주십시오.

## F-xx: what happened, what to do now, one way out
pin-wrong = 비밀번호가 틀렸습니다.
pin-wrong-tries = { $tries }회 더 틀리면 사용할 수 없게 됩니다.
pin-unusable = 이 카드는 비밀번호를 사용할 수 없습니다.
pin-unusable-do = 얼굴 인증으로 확인해~주십시오.
expired-recent = 전자증명서의 기한이 지났습니다.
expired-recent-do = 보험 확인만 합니다.
expired-old = 이 카드로는 확인할 수 없습니다.
expired-old-do = 접수처로 오십시오.
card-away = 카드가 떨어졌습니다.
card-away-do = 다시 놓으면 이어서 할 수 있습니다.
unreadable = 카드를 읽을 수 없습니다.
unreadable-do = 케이스에서 꺼내 다시 놓아~주십시오.
no-insurance = 보험 정보를 찾을 수 없습니다.
unavailable = 지금은 확인할 수 없습니다.
timed-out = 조작이 없어서 종료했습니다.
timed-out-do = 카드를 가져가~주십시오.
forgotten = 카드를 가져가~주십시오
ask-reception = 접수처에 문의해~주십시오.
phone-unreadable = 스마트폰을 읽을 수 없습니다.
phone-unreadable-do = 위아래로 천천히 움직여~주십시오.
phone-other = 선택한 스마트폰과 종류가 다릅니다.
phone-other-do = 다시 선택해~주십시오.
retry = 다시
use-card = 카드~사용
card-here = 마이넘버카드는 이 카드 리더기에 놓아~주십시오.
phone-pin-unusable = 이 스마트폰은 비밀번호를 사용할 수 없습니다.
phone-pin-unusable-do = 카드를 사용하거나 접수처에 문의해~주십시오.
phone-refused = 이 스마트폰으로는 확인할 수 없습니다.
phone-timed-out-do = 처음부터 다시 해~주십시오.
phone-forgotten = 스마트폰을 가져가~주십시오

## Time-out warning, over any view
warning = 곧 종료합니다. 계속하시겠습니까?
warning-continue = 계속

## Staff strip
staff-hop-terminal = 단말기: 연결 안 됨
staff-hop-network = 회선: 연결 안 됨
staff-hop-centre = 센터: 연결 안 됨
staff-starting = 시작 중
staff-camera = 카메라: 이상
# what the terminal holds the reader in
staff-held-pin-only = 단말기: 비밀번호만
staff-held-visual = 단말기: 육안 확인
staff-held-run = 단말기: 육안 확인 { $minutes }분~남음
staff-still-pin-only = 단말기: 아직 비밀번호만
staff-still-visual = 단말기: 아직 육안 확인

## Said by the voice; never shown
voice-help = 더하기 키는 다음, 빼기 키는 이전, 엔터 키는 선택입니다. 별표 키는 다시 듣기, 빗금 키는 더 크게 듣기입니다. 도움이 필요하시면 접수처에 말씀해 주세요.
