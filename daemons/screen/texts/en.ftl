# SPDX-License-Identifier: MIT OR Apache-2.0
# English texts. Short, polite, for people who may not read Japanese.
# "~" is a space at which a line never breaks.

language-name = English
# as the voice says it; a language without a voice of its own is named in English
language-heard = English

## Frame around every view
step-identity = Identity
step-consent = Consent
step-done = Done
progress-count = { $name } { $step }/{ $steps }
progress-of = Part { $step } of { $steps }
staff-call = Help at reception
language-button = Language
language-choose = Choose your language.

## The screen's own buttons and its choice of text size and colours
ease = Text size
ease-title = Choose text size and colours.
ease-lasts = They go back when you~leave.
ease-chosen = { $name }, chosen
text-normal = Normal
text-large = Large
text-largest = Largest
contrast-normal = Normal colours
contrast-high = White on~black
layout-low = Wheelchair: put all buttons lower
layout-normal = Wheelchair layout off

## Screen alone: the mode manager is not there yet
starting = Getting ready.
starting-wait = Please wait a~moment.
splash-stays = If this stays, please ask at~reception.

## P-00 idle (F-09 uses the same sentence)
place-card = Please place your My~Number~Card.
place-card-picture = Picture of a card being placed on the reader

## P-02 method
choose-method = Choose how to confirm who you~are.
method-privacy = Used only to confirm who~you~are.
method-face = Use my face
method-pin = Enter my PIN
finish = Stop

## P-03 face; F-02 where a hint lasts, F-01, F-05
face-look = Please look at the~camera.
face-hold = Please stay as you~are.
face-picture = Picture of a face looking at the camera
hint-closer = Please come a little~closer.
hint-raise = Please raise your~face.
hint-dark = Your face is in the~dark.
hint-backlight = It is too bright behind~you.
hint-backlight-lasts = The light behind you is too~strong.
hint-covered = Something covers your~face.
hint-one-person = One person at a~time, please.
face-pin = You can use your PIN~instead.
face-failed = We could not confirm your~face.
face-failed-do = You can try again, or use your~PIN.
face-failed-again = Try again, or ask at~reception.
number-unread = Please take your card out of its case and place it~again.

## P-04 PIN pad
enter-pin = Please enter your PIN (4~digits).
tries-left = { $tries ->
    [one] { $tries } try left
   *[other] { $tries } tries left
}
pin-correct = Delete
pin-count = { $count } of { $digits } digits entered
use-face = Use my face

## P-05x wait
wait = We are checking.
wait-card = Please leave your card on the~reader.

## Phone: P-00's choice, P-05a, P-05, and its words on other views
use-phone = Use my phone
phone-title = Check in by phone
phone-choose = Which phone do you~have?
phone-android = Android
phone-iphone = iPhone
phone-pin = Certificate PIN, not the lock~code.
phone-hold = Hold your phone to the reader next to this~one.
phone-hold-still = Keep it there until it is~read.
phone-hold-iphone = Confirm on your iPhone when it asks~you.
phone-picture = Picture of a phone being held to the reader next to this one
wait-phone = Please wait a~moment.

## Staff: P-00's button, S-01, S-02
staff-button = Staff
enter-passcode = Enter the staff passcode for checking by~eye.
passcode-wrong = That passcode is wrong.
passcode-unverified = The passcode could not be~checked.
passcode-wait = No passcode can be used~now.
passcode-wait-do = { $minutes ->
    [one] Please wait { $minutes }~minute.
   *[other] Please wait { $minutes }~minutes.
}
passcode-wait-hours-do = Please wait { $hours }~hours.
passcode-closed = No passcode can be~used.
passcode-closed-do = Issue a new one at the~terminal.
visual-begin = Check-in by staff.
visual-do = Compare the face with the card, then have the card~placed.
stop = Cancel

## P-06 consent method
consent-question = May we see your medical~history?
consent-groups-x = Surgery, diagnoses, infections / Treatment, medicines / Health~checkups
consent-groups-y = Surgery / Treatment, medicines / Health~checkups
consent-all = Yes, all of~it
consent-each = Let me choose

## P-07 carry over
carry-over = Keep my choices
choose-again = Choose again
show-earlier = See my earlier choices

## P-08 earlier consents
earlier-title = Your earlier choices
earlier-surgery-x = Surgery, diagnoses, infection tests
earlier-surgery-y = Surgery
earlier-care-x = Treatment (other test results, allergies and so~on), medicines
earlier-care-y = Treatment, medicines
earlier-medicine = Medicines
earlier-checkup = Health checkups
earlier-row = { $group }: { $mark }
consent-mark-yes = Yes
consent-mark-no = No
back = Back

## P-09 individual consent
surgery-heading-x = Surgery, diagnoses, infections
surgery-heading-y = Surgery
surgery-question-x = May we see records of your past surgery, diagnoses and infection test~results?
surgery-question-y = May we see records of your past~surgery?
care-heading = Treatment and medicines
care-question-x = May we see records of your past treatment (other test results, allergies and so~on) and~medicines?
care-question-y = May we see records of your past treatment other than surgery, and of your~medicines?
medicine-heading = Medicines
medicine-question = May we see records of your past~medicines?
checkup-heading = Health checkups
checkup-question = May we see records of your past health~checkups?
agree = Yes, I agree
disagree = No

## P-10 form of prescription, P-11 public subsidy
prescription-question = Which prescription would you~like?
prescription-electronic = Electronic
prescription-paper = On paper
subsidy-question = Would you like to use your medical subsidy~certificates?
use = Yes, use them
use-not = No

## P-13b limit of what is paid; asked before P-12
high-cost-question = Share your payment limit with~us?
high-cost-what = It is the most you pay under the high-cost medical expense~system.
provide = Share
provide-not = Do not share

## P-12 referral letters
letters-question = Choose every letter to hand~in.
letters-page = { $page }/{ $pages }
letters-page-heard = Page { $page }
letters-ticked = { $count } chosen
letter = Referral letter
letter-heard = Referral letter { $number }
letter-issued = Issued { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}~{ $day }
letter-is-ticked = { $letter }, chosen
next-page = Next page
submit = Hand in
submit-none = Hand in none

## P-13 done; F-12 says the same without a name and without a reason
done-name = { $name }, your check-in is~complete.
done-take-card = Please take your My~Number~Card.
done-picture = Picture of a card being taken off the reader
done-neutral = Your check-in is complete.
done-wait = Please wait at~reception.

## P-14 certificate about to expire, with its last day; without it where that cannot be shown
expiring = The certificate in your card expires~soon ({ $date }).
expiring-undated = The certificate in your card expires~soon.
expiring-do = Please renew it at your municipal~office.
day = { $day }~{ $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}~{ $year }

## F-xx: what happened, what to do now, one way out
pin-wrong = That PIN is wrong.
pin-wrong-tries = { $tries ->
    [one] { $tries } more wrong try will lock~it.
   *[other] { $tries } more wrong tries will lock~it.
}
pin-unusable = This card cannot be used with a~PIN.
pin-unusable-do = Please use the face check.
expired-recent = The certificate in your card has~expired.
expired-recent-do = We will check your insurance~only.
expired-old = We cannot check this~card.
expired-old-do = Please come to~reception.
card-away = Your card has left the~reader.
card-away-do = Put it back to carry on where you~were.
unreadable = We cannot read your card.
unreadable-do = Please take it out of its case and place it~again.
no-insurance = We could not find your insurance.
unavailable = We cannot check you in right~now.
timed-out = We stopped because nothing was~touched.
timed-out-do = Please take your~card.
forgotten = Please take your~card
ask-reception = Please ask at~reception.
phone-unreadable = Your phone cannot be~read.
phone-unreadable-do = Move it slowly up and~down.
phone-other = This is not the kind of phone you~chose.
phone-other-do = Please choose~again.
retry = Try again
use-card = Use my card
card-here = Please place your card on this reader, not the one next to~it.
phone-pin-unusable = The PIN of this phone cannot be~used.
phone-pin-unusable-do = Use your card, or ask at~reception.
phone-refused = We cannot check you in with this~phone.
phone-timed-out-do = Please start again from the~beginning.
phone-forgotten = Please take your~phone

## Time-out warning, over any view
warning = Ending~soon. Carry~on?
warning-continue = Carry on

## Staff strip
staff-hop-terminal = Terminal: not reachable
staff-hop-network = Network: no connection
staff-hop-centre = Centre: no answer
staff-starting = Starting
staff-camera = Camera: not working
# what the terminal holds the reader in
staff-held-pin-only = Terminal: PIN only
staff-held-visual = Terminal: visual check
staff-held-run = Terminal: visual check, { $minutes }~min left
staff-still-pin-only = Terminal: still on PIN only
staff-still-visual = Terminal: still on visual check

## Said by the voice; never shown
voice-help = Press plus for the next choice, minus for the one before, enter to choose it. Star says it again, slash says it louder. For help, ask at~reception.
