import { isJsonObject, type JsonObject, ownValue } from '@plexus/matrix';

/** The tags in the content of the account data `m.tag`: each with its order and whatever else the client put there. */
export function tagsOf(content: JsonObject | undefined): JsonObject {
  const tags = content === undefined ? undefined : ownValue(content, 'tags');
  return isJsonObject(tags) ? tags : {};
}

/** That content with a tag, which replaces one of the same name. */
export function withTag(content: JsonObject | undefined, name: string, tag: JsonObject): JsonObject {
  return contentWith(content, [...otherTags(content, name), [name, tag]]);
}

export function withoutTag(content: JsonObject | undefined, name: string): JsonObject {
  return contentWith(content, otherTags(content, name));
}

/** Whether what a client puts is a tag: its order is a number from 0 to 1, or absent. Client-server API, "Room tagging". */
export function isTag(tag: JsonObject): boolean {
  const order = ownValue(tag, 'order');
  return order === undefined || (typeof order === 'number' && order >= 0 && order <= 1);
}

type Entry = [string, JsonObject[string]];

function otherTags(content: JsonObject | undefined, name: string): Entry[] {
  return Object.entries(tagsOf(content)).filter(([other]) => other !== name);
}

function contentWith(content: JsonObject | undefined, tags: Entry[]): JsonObject {
  return { ...content, tags: Object.fromEntries(tags) };
}
