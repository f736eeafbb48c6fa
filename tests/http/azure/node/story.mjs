// The story of `@azure-rest/ai-vision-face`, told to the service at ENDPOINT with KEY; prints what came of it as JSON.
import { readFileSync } from "node:fs";
import createFaceClient, { getLongRunningPoller, isUnexpected } from "@azure-rest/ai-vision-face";

const { ENDPOINT, KEY, PICTURES } = process.env;
const pictures = JSON.parse(PICTURES);
const client = createFaceClient(ENDPOINT, { key: KEY }, { allowInsecureConnection: true });
const told = { compares: 0 };
const picture = (name) => readFileSync(pictures[name]);

async function done(answer) {
  const response = await answer;
  if (isUnexpected(response)) {
    throw new Error(`${response.request.method} ${response.request.url}: ${response.status} ${JSON.stringify(response.body)}`);
  }
  return response;
}

async function compared(answer) {
  told.compares += 1;
  return (await done(answer)).body;
}

const NEW = { detectionModel: "detection_03", recognitionModel: "recognition_04" };
const detect = async (name, more = {}) =>
  (await done(client.path("/detect").post({
    contentType: "application/octet-stream",
    queryParameters: { ...NEW, returnFaceId: true, ...more },
    body: picture(name),
  }))).body;

const group = "js-group";
const people = client.path("/largepersongroups/{largePersonGroupId}", group);
await done(people.put({ body: { name: "People", userData: "ours", recognitionModel: "recognition_04" } }));
const person = async (name) =>
  (await done(client.path("/largepersongroups/{largePersonGroupId}/persons", group).post({ body: { name } }))).body.personId;
const obama = await person("Barack");
const biden = await person("Joe");
for (const [who, name] of [[obama, "obama.jpg"], [biden, "biden.jpg"]]) {
  await done(client.path("/largepersongroups/{largePersonGroupId}/persons/{personId}/persistedfaces", group, who).post({
    contentType: "application/octet-stream",
    queryParameters: { detectionModel: "detection_03", userData: name },
    body: picture(name),
  }));
}
const training = await client.path("/largepersongroups/{largePersonGroupId}/train", group).post();
const poller = await getLongRunningPoller(client, training);
await poller.pollUntilDone();
told.trained = poller.getOperationState().status;

const [known] = await detect("obama2.jpg", {
  returnFaceLandmarks: true,
  returnFaceAttributes: ["headPose", "mask", "qualityForRecognition"],
});
const [stranger] = await detect("astronaut.png");
const [third] = await detect("obama3.jpg");
told.quality = known.faceAttributes.qualityForRecognition;
told.nose = known.faceLandmarks.noseTip.x > 0;
told.six = (await detect("t1.jpg")).length;

const identified = await compared(client.path("/identify").post({
  body: { faceIds: [known.faceId, stranger.faceId], largePersonGroupId: group },
}));
told.identified = identified.map((each) => each.candidates.map((one) => (one.personId === obama ? "obama" : "?")));
const verified = await compared(client.path("/verify").post({ body: { faceId1: known.faceId, faceId2: third.faceId } }));
told.verified = verified.isIdentical;
told.receipt = verified.receipt.action;
const withPerson = await compared(client.path("/verify").post({
  body: { faceId: known.faceId, largePersonGroupId: group, personId: biden },
}));
told.withPerson = withPerson.isIdentical;
const similar = await compared(client.path("/findsimilars").post({
  body: { faceId: known.faceId, faceIds: [third.faceId, stranger.faceId] },
}));
told.similar = similar.map((each) => each.faceId === third.faceId);
const grouped = await compared(client.path("/group").post({
  body: { faceIds: [known.faceId, third.faceId, stranger.faceId] },
}));
told.grouped = [grouped.groups.map((each) => each.length), grouped.messyGroup.length];

await done(people.patch({ body: { name: "Folk" } }));
told.name = (await done(people.get())).body.name;
const page = await done(client.path("/largepersongroups/{largePersonGroupId}/persons", group).get({ queryParameters: { top: 1 } }));
const next = await done(client.path("/largepersongroups/{largePersonGroupId}/persons", group).get({
  queryParameters: { start: page.body[0].personId, top: 1 },
}));
told.pages = [page.body.length, next.body.length, page.body[0].personId < next.body[0].personId];

// The small kinds, which only this client and the old one have.
await done(client.path("/facelists/{faceListId}", "js-list").put({ body: { name: "Faces", recognitionModel: "recognition_04" } }));
await done(client.path("/facelists/{faceListId}/persistedfaces", "js-list").post({
  contentType: "application/octet-stream", queryParameters: { detectionModel: "detection_03" }, body: picture("obama.jpg"),
}));
told.inList = (await compared(client.path("/findsimilars").post({ body: { faceId: known.faceId, faceListId: "js-list" } }))).length;
await done(client.path("/facelists/{faceListId}", "js-list").delete());

const refused = await client.path("/detectLiveness-sessions").post({ body: { livenessOperationMode: "Passive" } });
told.liveness = [refused.status, refused.body.error.code, refused.headers["x-ms-error-code"]];

await done(client.path("/largepersongroups/{largePersonGroupId}/persons/{personId}", group, obama).delete());
const gone = await compared(client.path("/identify").post({ body: { faceIds: [known.faceId], largePersonGroupId: group } }));
told.gone = gone[0].candidates.length;
await done(people.delete());
told.deleted = (await people.get()).status;
console.log(JSON.stringify(told));
