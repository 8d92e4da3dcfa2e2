using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>How a conversation is rendered. Immutable; thread-safe as long as the collections in it do not change.</summary>
public sealed record ChatOptions
{
    /// <summary>Gets whether the text ends with what begins the assistant's answer, as the template writes it. Default: false, which is for training; true is for an answer of the model.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Gets whether the text ends within the last message, which the model is to continue: its end marks are cut off. Not together with <see cref="AddGenerationPrompt"/>. Default: false.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>Gets the field of the last message that is continued where <see cref="ContinueFinalMessage"/> is set, such as <c>reasoning_content</c>. Default: <c>content</c>.</summary>
    public string ContinueField { get; init; } = "content";

    /// <summary>Gets the tools that the model may call, each the JSON object that the template expects, mostly <c>{"type": "function", "function": {"name", "description", "parameters"}}</c>; null for none. A template named <c>tool_use</c> is taken where tools are given. Default: null.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Gets documents for the template, each a JSON object such as <c>{"title", "text"}</c>; null for none. Default: null.</summary>
    public IReadOnlyList<JsonElement>? Documents { get; init; }

    /// <summary>Gets further variables of the template, such as <c>enable_thinking</c>; they hide special tokens of the same name. Values are JSON: <c>JsonSerializer.SerializeToElement(false)</c>. Default: none.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Gets the name of the template among several, or the text of another template: what is no name counts as a text. Default: null, which takes <c>tool_use</c> with tools and <c>default</c> otherwise.</summary>
    public string? Template { get; init; }

    /// <summary>Gets the clock that the template's <c>strftime_now</c> sees; its local time counts. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
