using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Credentials;

/// <summary>The tables of this project (migrations 0030-0039).</summary>
public static class CredentialsTables
{
    internal static readonly Table Document = new("document", TableKind.Act, 1, "A version of the resident ID; a person has at most one that is live.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("residence_id", ColumnType.Uuid),
        new Column("number", ColumnType.Int, Remark: "1 at first issue, one more for each that follows"),
        new Column("serial", ColumnType.Text, Remark: "of the card, nine characters, random; no resident number can be told from it"),
        new Column("state", ColumnType.Text, Remark: "LIVE, SUPERSEDED, LOST, DAMAGED, REVOKED"),
        new Column("issued_day", ColumnType.Day),
        new Column("expires_day", ColumnType.Day, Remark: "of the document; the residence has its own"),
        new Column("place", ColumnType.Text, Remark: "code of the place of issue"),
        new Column("issued_at", ColumnType.Instant),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table Content = new("document_content", TableKind.Act, 1, "What the document says, as it was issued; never changed.",
        new Column("document_id", ColumnType.Uuid),
        new Column("content", ColumnType.Sealed) { Binding = new(RetentionClass.Identity, "document_id", "person_id", "document", "document_id") });

    internal static readonly Table Credential = new("credential", TableKind.Act, 1, "A form in which the ID is shown. Its handle stands for the holder where no number may.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("document_id", ColumnType.Uuid),
        new Column("kind", ColumnType.Text, Remark: "live-qr-subject"),
        new Column("handle", ColumnType.Bytes, Remark: "16 random bytes"),
        new Column("status", ColumnType.Text, Remark: "LIVE, ENDED"),
        new Column("issued_at", ColumnType.Instant),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table ShortCode = new("verify_code", TableKind.Bookkeeping, 1, "The code a resident reads out to a verifier; a new one replaces the old.",
        new Column("person_id", ColumnType.Uuid),
        new Column("code", ColumnType.Bytes, Remark: "keyed hash; the code itself is nowhere"),
        new Column("made_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant));

    internal static readonly Table Form = new("credential_form", TableKind.Act, 1, "A form in which the ID was or will be signed: the intent is written before the signature, and stands for it in the status list.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("document_id", ColumnType.Uuid),
        new Column("kind", ColumnType.Text, Remark: "card-qr, sd-jwt-vc, mdoc"),
        new Column("list", ColumnType.Text, Remark: "name of its status list: quarter of its expiry, and a number"),
        new Column("list_index", ColumnType.Int, Remark: "random, never given twice"),
        new Column("key_id", ColumnType.Text, Remark: "of the key that signs"),
        new Column("digest", ColumnType.Bytes, Remark: "SHA-256 of what is to be signed"),
        new Column("state", ColumnType.Text, Remark: "INTENDED, SIGNED, VOIDED"),
        new Column("signature", ColumnType.Bytes, Nullable: true, Remark: "64 bytes; the rest is built anew from document and recipe"),
        new Column("issued_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant),
        new Column("invalid_reason", ColumnType.Text, Nullable: true, Remark: "superseded, lost, damaged, revoked, voided, replaced, withdrawn, removed (the holder took it out of a wallet app), deleted (the app has it no more); final"),
        new Column("suspended_at", ColumnType.Instant, Nullable: true, Remark: "by the authority"),
        new Column("frozen_at", ColumnType.Instant, Nullable: true, Remark: "by the holder"),
        new Column("changed_at", ColumnType.Instant));

    internal static readonly Table Recipe = new("credential_recipe", TableKind.Act, 1, "What a form is built from beside its document: the seed of its salts and the holder's key.",
        new Column("form_id", ColumnType.Uuid),
        new Column("recipe", ColumnType.Sealed) { Binding = new(RetentionClass.Identity, "form_id", "person_id", "credential_form", "form_id") });

    internal static readonly Table Holder = new("credential_holder", TableKind.Act, 1, "By what a form is found again: the holder's key, and the form that it took the place of.",
        new Column("form_id", ColumnType.Uuid),
        new Column("holder", ColumnType.Bytes, Nullable: true, Remark: "keyed hash of the holder's public key; absent for a form that is bound to none"),
        new Column("replaces", ColumnType.Uuid, Nullable: true, Remark: "the form that was issued anew because its signer was withdrawn"));

    internal static readonly Table Type = new("credential_type", TableKind.Act, 1, "The versions of the credential's type, as their metadata is served. Never changed: credentials carry its digest.",
        new Column("version", ColumnType.Int),
        new Column("json", ColumnType.Bytes),
        new Column("made_at", ColumnType.Instant));

    internal static readonly Table Reissue = new("credential_reissue", TableKind.Bookkeeping, 1, "How far everything that a withdrawn signer signed is issued anew. The act that began it and those of each person are the record.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("key_id", ColumnType.Text),
        new Column("reason", ColumnType.Text),
        new Column("state", ColumnType.Text, Remark: "RUNNING, DONE"),
        new Column("after_person", ColumnType.Uuid, Remark: "the last person who was dealt with; persons are taken in the order of their ids"),
        new Column("replaced", ColumnType.Long),
        new Column("withdrawn", ColumnType.Long, Remark: "ended without another: the document or the residence is not in force"),
        new Column("failed", ColumnType.Long, Remark: "persons who are to be tried again"),
        new Column("started_at", ColumnType.Instant),
        new Column("changed_at", ColumnType.Instant));

    internal static readonly Table StatusToken = new("status_token", TableKind.Act, 1, "Every status list that was signed or announced to be, by the digests of what is signed. Written before the signature.",
        new Column("id", ColumnType.Uuid),
        new Column("list", ColumnType.Text),
        new Column("at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant),
        new Column("key_id", ColumnType.Text),
        new Column("jwt_digest", ColumnType.Bytes),
        new Column("cwt_digest", ColumnType.Bytes));

    internal static readonly Table StatusVoid = new("status_token_void", TableKind.Act, 1, "Status lists that were announced and given up: their maker died before they were stored. None such was ever served.",
        new Column("token_id", ColumnType.Uuid),
        new Column("at", ColumnType.Instant));

    internal static readonly Table StatusAnnounced = new("status_announced", TableKind.Bookkeeping, 1, "The status list that is being signed: from its announcement until it is stored.",
        new Column("list", ColumnType.Text),
        new Column("token", ColumnType.Uuid, Remark: "of status_token"));

    internal static readonly Table StatusList = new("status_list", TableKind.Bookkeeping, 1, "The newest token of each status list, as it is served.",
        new Column("list", ColumnType.Text),
        new Column("at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant),
        new Column("jwt", ColumnType.Bytes),
        new Column("cwt", ColumnType.Bytes),
        new Column("key_id", ColumnType.Text, Nullable: true, Remark: "of the key that signed it"),
        new Column("token_id", ColumnType.Uuid, Nullable: true, Remark: "of status_token; two may be of one instant when the clock stands"));

    internal static readonly Table RegisteredVerifier = new("registered_verifier", TableKind.Act, 1, "Who may check IDs by program, and for what.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("kind", ColumnType.Text, Remark: "BANK, AIRLINE, POLICE, EMPLOYER"),
        new Column("name_ar", ColumnType.Text, Remark: "as residents read it"),
        new Column("name_en", ColumnType.Text),
        new Column("state", ColumnType.Text, Remark: "ACTIVE, REVOKED"),
        new Column("grants", ColumnType.Text, Remark: "operation:purpose, separated by spaces; what is not here is refused"),
        new Column("per_minute", ColumnType.Int),
        new Column("per_day", ColumnType.Int),
        new Column("added_at", ColumnType.Instant),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table VerifierKey = new("verifier_key", TableKind.Act, 1, "A public key by which a registered verifier signs its calls.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("verifier_id", ColumnType.Uuid),
        new Column("key_id", ColumnType.Text, Remark: "thumbprint of RFC 7638"),
        new Column("algorithm", ColumnType.Text, Remark: "ecdsa-p256-sha256, ed25519"),
        new Column("public_key", ColumnType.Bytes, Remark: "SubjectPublicKeyInfo, or the 32 bytes of Ed25519"),
        new Column("state", ColumnType.Text, Remark: "ACTIVE, REVOKED"),
        new Column("added_at", ColumnType.Instant),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table VerifierProposal = new("verifier_proposal", TableKind.Act, 1, "What one operator proposes about who may check IDs by program; another confirms it.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("verifier_id", ColumnType.Uuid, Remark: "of registered_verifier, or of the one that is to be"),
        new Column("kind", ColumnType.Text, Nullable: true, Remark: "as of registered_verifier; absent when one that is registered gets keys"),
        new Column("name_ar", ColumnType.Text, Nullable: true),
        new Column("name_en", ColumnType.Text, Nullable: true),
        new Column("grants", ColumnType.Text, Nullable: true),
        new Column("per_minute", ColumnType.Int, Nullable: true),
        new Column("per_day", ColumnType.Int, Nullable: true),
        new Column("keys", ColumnType.Text, Remark: "public keys, each algorithm:base64url, separated by spaces"),
        new Column("proposed_kind", ColumnType.Text, Remark: "of the actor"),
        new Column("proposed_by", ColumnType.Text, Remark: "an account of the office, or a program"),
        new Column("proposed_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant),
        new Column("state", ColumnType.Text, Remark: "OPEN, CONFIRMED, REJECTED"),
        new Column("decided_kind", ColumnType.Text, Nullable: true),
        new Column("decided_by", ColumnType.Text, Nullable: true),
        new Column("decided_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table VerifierUse = new("verifier_use", TableKind.Bookkeeping, 3, "How much a verifier asked on a day, by the node that was asked: the budget of the day is over all nodes.",
        new Column("verifier_id", ColumnType.Uuid),
        new Column("day", ColumnType.Day),
        new Column("node", ColumnType.Uuid, Remark: "one start of a process"),
        new Column("asked", ColumnType.Long));

    internal static readonly Table Subscription = new("status_subscription", TableKind.Act, 1, "That a verifier asked to be told how a person's ID stands, what the holder said to it, and what was told last.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("verifier_id", ColumnType.Uuid),
        new Column("person_id", ColumnType.Uuid),
        new Column("purpose", ColumnType.Text, Remark: "a code of the policy verifier.purposes"),
        new Column("state", ColumnType.Text, Remark: "PENDING, DECLINED, ACTIVE, ENDED; time ends it whatever is written"),
        new Column("asked_at", ColumnType.Instant),
        new Column("answer_by", ColumnType.Instant, Remark: "a request that is not consented to by then has ended"),
        new Column("until_at", ColumnType.Instant, Remark: "of the consent"),
        new Column("answered_at", ColumnType.Instant, Nullable: true),
        new Column("ended_at", ColumnType.Instant, Nullable: true),
        new Column("end_reason", ColumnType.Text, Nullable: true, Remark: "holder, expired, verifier, done, lapsed"),
        new Column("word", ColumnType.Text, Nullable: true, Remark: "told last: valid, suspended, frozen, expired, not_yet_valid, revoked"),
        new Column("document_id", ColumnType.Uuid, Nullable: true, Remark: "the version of which it was told"),
        new Column("look_at", ColumnType.Instant, Nullable: true, Remark: "when the word may change by date alone, or something is still to be told"));

    internal static readonly Table SubscriptionFeed = new("subscription_feed", TableKind.Act, 1, "The numbers of what a verifier was told.",
        new Column("id", ColumnType.Uuid, Remark: "the verifier"),
        new Column("version", ColumnType.Long),
        new Column("first_number", ColumnType.Long, Remark: "the oldest that is kept, or the next"),
        new Column("last_number", ColumnType.Long));

    internal static readonly Table SubscriptionEvent = new("subscription_event", TableKind.Act, 2, "What a verifier was told. Guarded by the heads of its numbers and of the subscription; deleted when it was kept long enough to be fetched.",
        new Column("verifier_id", ColumnType.Uuid),
        new Column("number", ColumnType.Long, Remark: "from 1, in the order of the verifier's own"),
        new Column("subscription_id", ColumnType.Uuid),
        new Column("word", ColumnType.Text, Remark: "as of status_subscription, renewed or ended"),
        new Column("at", ColumnType.Instant));

    internal static readonly Table Teller = new("subscription_teller", TableKind.Bookkeeping, 1, "Up to where in the journal it was looked for what verifiers are told.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("position", ColumnType.Long, Remark: "the next"));

    internal static readonly Table WalletOffer = new("wallet_offer", TableKind.Bookkeeping, 1, "The offers by which wallet apps fetch the ID: each once, within minutes. The acts wallet.offer and wallet.add are the record.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("account_id", ColumnType.Uuid, Remark: "of the holder who made it"),
        new Column("document_id", ColumnType.Uuid, Remark: "the version of the ID that is offered"),
        new Column("way", ColumnType.Text, Remark: "code (the picture on the holder's page), national (the national wallet app)"),
        new Column("forms", ColumnType.Text, Remark: "kinds of credential_form, separated by spaces"),
        new Column("code", ColumnType.Bytes, Remark: "SHA-256 of the pre-authorized code, which is made of 256 random bits"),
        new Column("tx_code", ColumnType.Bytes, Nullable: true, Remark: "keyed hash of the six digits; absent where the offer travels on a signed line"),
        new Column("tries", ColumnType.Int, Remark: "of the six digits; counted before they are looked at"),
        new Column("state", ColumnType.Text, Remark: "OPEN, USED, OVER (another took its place)"),
        new Column("made_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant));

    internal static readonly Table Wallet = new("wallet", TableKind.Act, 1, "A wallet app that holds the ID, or may fetch it.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("account_id", ColumnType.Uuid, Remark: "of the holder who put it there"),
        new Column("document_id", ColumnType.Uuid, Remark: "the version of the ID; with it the app's right to fetch ends"),
        new Column("way", ColumnType.Text, Remark: "as of wallet_offer"),
        new Column("client", ColumnType.Text, Nullable: true, Remark: "as the app calls itself; nobody has proved it"),
        new Column("state", ColumnType.Text, Remark: "ACTIVE, ENDED (removed by the holder)"),
        new Column("added_at", ColumnType.Instant),
        new Column("fetched_at", ColumnType.Instant, Nullable: true, Remark: "the first credential"),
        new Column("refreshed_at", ColumnType.Instant, Nullable: true, Remark: "the newest credential"),
        new Column("said", ColumnType.Text, Nullable: true, Remark: "the app's last notification: credential_accepted, credential_failure, credential_deleted"),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table WalletKey = new("wallet_key", TableKind.Act, 3, "The keys of a wallet app; what was issued for them is found by credential_holder. Guarded by the head of the wallet.",
        new Column("wallet_id", ColumnType.Uuid),
        new Column("holder", ColumnType.Bytes, Remark: "keyed hash of the public key, as of credential_holder"),
        new Column("kind", ColumnType.Text, Remark: "as of credential_form"),
        new Column("added_at", ColumnType.Instant, Remark: "or when the next credential for it was issued"));

    internal static readonly Table WalletToken = new("wallet_token", TableKind.Bookkeeping, 1, "Tokens of wallet apps, each 256 random bits of which the SHA-256 is kept. A refresh token counts until the one that took its place is used.",
        new Column("hash", ColumnType.Bytes),
        new Column("wallet_id", ColumnType.Uuid),
        new Column("kind", ColumnType.Text, Remark: "ACCESS, REFRESH"),
        new Column("expires_at", ColumnType.Instant));

    internal static readonly Table WalletConsent = new("wallet_consent", TableKind.Act, 1, "That a holder wants the ID in the national wallet app, or no longer.",
        new Column("id", ColumnType.Uuid, Remark: "the person"),
        new Column("version", ColumnType.Long),
        new Column("account_id", ColumnType.Uuid),
        new Column("given_at", ColumnType.Instant, Nullable: true),
        new Column("ended_at", ColumnType.Instant, Nullable: true));

    internal static readonly Table WalletCard = new("wallet_card", TableKind.Act, 1, "What the national wallet app was given; written only by whoever sends, in the order of the person's lane.",
        new Column("id", ColumnType.Uuid, Remark: "the person"),
        new Column("version", ColumnType.Long),
        new Column("document_id", ColumnType.Uuid, Nullable: true, Remark: "the version of the ID"),
        new Column("reference", ColumnType.Text, Nullable: true, Remark: "the app's name for the card; absent: it has none"),
        new Column("not_known", ColumnType.Bool, Remark: "the app does not know the person"),
        new Column("changed_at", ColumnType.Instant));

    internal static readonly Table Hold = new("document_hold", TableKind.Act, 1, "A time in which a person's ID does not count: suspended by the authority or frozen by the holder. One of each kind is open at most; it outlasts the version on which it began.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("document_id", ColumnType.Uuid, Remark: "the version on which it began"),
        new Column("kind", ColumnType.Text, Remark: "SUSPENDED, FROZEN"),
        new Column("reason", ColumnType.Text, Remark: "a code; of a freeze: holder"),
        new Column("begun_at", ColumnType.Instant),
        new Column("begun_by", ColumnType.Uuid, Remark: "account of the holder, or of the officer who confirmed"),
        new Column("begun_proposal", ColumnType.Uuid, Nullable: true, Remark: "of a suspension: what another officer proposed"),
        new Column("ended_at", ColumnType.Instant, Nullable: true),
        new Column("ended_by", ColumnType.Uuid, Nullable: true),
        new Column("end_reason", ColumnType.Text, Nullable: true, Remark: "holder, the code of the lift, or revoked"),
        new Column("ended_proposal", ColumnType.Uuid, Nullable: true));

    internal static readonly Table Proposal = new("document_proposal", TableKind.Act, 1, "What one officer proposes about an ID and another confirms or rejects.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("document_id", ColumnType.Uuid, Remark: "the newest version when it was proposed"),
        new Column("act", ColumnType.Text, Remark: "SUSPEND, LIFT, REVOKE"),
        new Column("hold_id", ColumnType.Uuid, Nullable: true, Remark: "of a lift: the suspension that ends"),
        new Column("reason", ColumnType.Text, Remark: "a code"),
        new Column("proposed_by", ColumnType.Uuid, Remark: "account of the officer"),
        new Column("proposed_at", ColumnType.Instant),
        new Column("expires_at", ColumnType.Instant),
        new Column("state", ColumnType.Text, Remark: "OPEN, CONFIRMED, REJECTED, WITHDRAWN, EXPIRED (said when the next is proposed; an open one past its time is expired)"),
        new Column("decided_by", ColumnType.Uuid, Nullable: true, Remark: "another officer's account, or the same one's who withdrew it"),
        new Column("decided_at", ColumnType.Instant, Nullable: true),
        new Column("decision_reason", ColumnType.Text, Nullable: true, Remark: "a code; of a rejection"));

    internal static readonly Table Words = new("document_proposal_words", TableKind.Act, 1, "The sentence that goes with a proposal: what the holder will read. Guarded by the proposal's head.",
        new Column("proposal_id", ColumnType.Uuid),
        new Column("words", ColumnType.Sealed) { Binding = new(RetentionClass.Case, "proposal_id", "person_id", "document_proposal", "proposal_id") });

    internal static readonly Table Objection = new("document_objection", TableKind.Act, 1, "What a holder says against a suspension of the ID; one for each. Decided by an officer who had no part in it, or granted when it is lifted.",
        new Column("id", ColumnType.Uuid),
        new Column("version", ColumnType.Long),
        new Column("person_id", ColumnType.Uuid),
        new Column("hold_id", ColumnType.Uuid, Remark: "the suspension"),
        new Column("state", ColumnType.Text, Remark: "OPEN, UPHELD (the suspension stands), GRANTED (it was lifted), CLOSED (the ID was revoked meanwhile)"),
        new Column("opened_at", ColumnType.Instant),
        new Column("opened_by", ColumnType.Uuid, Remark: "account of the holder"),
        new Column("due_at", ColumnType.Instant, Remark: "by when it should be decided"),
        new Column("evidence", ColumnType.Uuid, Nullable: true, Remark: "upload"),
        new Column("decided_at", ColumnType.Instant, Nullable: true),
        new Column("decided_by", ColumnType.Uuid, Nullable: true, Remark: "account of the officer"),
        new Column("decision_reason", ColumnType.Text, Nullable: true, Remark: "a code; of one that was not granted"));

    internal static readonly Table ObjectionWords = new("document_objection_content", TableKind.Act, 1, "The words of an objection and of its answer. Guarded by the objection's head.",
        new Column("objection_id", ColumnType.Uuid),
        new Column("content", ColumnType.Sealed, Remark: "ObjectionContent") { Binding = new(RetentionClass.Case, "objection_id", "person_id", "document_objection", "objection_id") });

    public static readonly IReadOnlyList<Table> All =
        [Document, Content, Credential, ShortCode, Form, Recipe, Holder, Type, Reissue, StatusToken, StatusVoid, StatusAnnounced, StatusList, Hold, Proposal, Words, Objection, ObjectionWords, RegisteredVerifier, VerifierKey, VerifierProposal,
            VerifierUse, Subscription, SubscriptionFeed, SubscriptionEvent, Teller, WalletOffer, Wallet, WalletKey, WalletToken, WalletConsent, WalletCard];
}
