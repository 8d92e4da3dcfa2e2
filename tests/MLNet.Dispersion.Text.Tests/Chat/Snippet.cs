using System.Text.Json;

namespace MLNet.Dispersion.Tests.Chat;

/// <summary>Renders a piece of the template language alone, without messages.</summary>
internal static class Snippet
{
    public static ChatText Render(string template, IReadOnlyDictionary<string, JsonElement>? variables = null, TimeProvider? clock = null, ChatTemplateLimits? limits = null)
    {
        (string text, IReadOnlyList<(int Start, int End)> spans) = JinjaTemplate.Parse(template, limits ?? ChatTemplateLimits.Default).Render(
            machine => (variables ?? new Dictionary<string, JsonElement>()).Select(entry => new KeyValuePair<string, object?>(entry.Key, ChatJson.Value(entry.Value, machine))),
            clock ?? TimeProvider.System,
            CancellationToken.None);
        return new ChatText { Text = text, GenerationSpans = [.. spans.Select(span => new TextRange(span.Start, span.End))] };
    }
}
