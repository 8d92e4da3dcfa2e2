using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>The chat templates of a model: they turn a conversation into the text that the model was taught to go on from. Immutable and thread-safe.</summary>
/// <remarks>
/// Templates are written in Jinja's language and rendered as transformers 5 does it, character for character. They may come from strangers: nothing in them reaches outside of the rendering, and
/// <see cref="ChatTemplateLimits"/> bound what they take. Not supported, and refused by name, is what no chat template needs: other templates (include, import, extends), autoescape, characters by name
/// (<c>\N{...}</c>), bytes, and the names cycler, joiner, lipsum, self, filesizeformat, pprint, random, urlize and xmlattr.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion.Files;
/// using MLNet.Dispersion.Text;
///
/// ChatTemplate template = ChatTemplate.Load(new DirectorySource("model"));
/// ChatText prompt = template.Render([new("user", "Hello!")], new() { AddGenerationPrompt = true });
/// Console.WriteLine(prompt.Text);
/// </code>
/// </example>
public sealed class ChatTemplate
{
    private const string ToolUse = "tool_use";
    private readonly string _place;
    private readonly ChatTemplateLimits _limits;
    private readonly Dictionary<string, Lazy<JinjaTemplate>> _templates;

    private ChatTemplate(string place, IReadOnlyList<(string Name, string Source)> sources, IReadOnlyDictionary<string, string> specialTokens, ChatTemplateLimits limits)
    {
        limits.Validate();
        _place = place;
        _limits = limits;
        _templates = sources.ToDictionary(source => source.Name, source => new Lazy<JinjaTemplate>(() => JinjaTemplate.Parse(source.Source, limits)), StringComparer.Ordinal);
        Names = [.. sources.Select(source => source.Name)];
        SpecialTokens = specialTokens;
    }

    /// <summary>Gets the templates' names, mostly <c>default</c> alone; empty where the model has none.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Gets the special tokens that templates see under the names of their roles, such as <c>bos_token</c>.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    /// <summary>Reads a template from its text.</summary>
    /// <param name="template">The text.</param>
    /// <param name="specialTokens">Special tokens by role, such as <c>eos_token</c>; null for none.</param>
    /// <param name="limits">What the template may take; null for <see cref="ChatTemplateLimits.Default"/>.</param>
    /// <exception cref="ChatTemplateException">The text is no template of the language that is read here.</exception>
    /// <exception cref="ChatTemplateLimitException">It is too long, nests too deep, or holds too large a number.</exception>
    public static ChatTemplate Parse(string template, IReadOnlyDictionary<string, string>? specialTokens = null, ChatTemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(template);
        var result = new ChatTemplate("The template", [(ChatTemplateFiles.Default, template)], specialTokens ?? new Dictionary<string, string>(), limits ?? ChatTemplateLimits.Default);
        _ = result._templates[ChatTemplateFiles.Default].Value;
        return result;
    }

    /// <summary>Loads the templates of a model, from where the reference takes them.</summary>
    /// <remarks>
    /// <c>chat_template.jinja</c> is the template named <c>default</c>, and each <c>additional_chat_templates/NAME.jinja</c> one named NAME; where any of these files is there, nothing else counts.
    /// Else <c>chat_template</c> of tokenizer_config.json is taken: a text, or a list of named ones. chat_template.json is not looked at, since the reference's tokenizers do not.
    /// A model without templates gives none: only <see cref="ChatOptions.Template"/> can then be rendered. A faulty template is complained of when it is rendered, since others may be taken.
    /// </remarks>
    /// <param name="source">The model's files.</param>
    /// <param name="limits">What the templates may take; null for <see cref="ChatTemplateLimits.Default"/>.</param>
    /// <exception cref="ModelFileException">A file is damaged, or says of a template what is no text.</exception>
    public static ChatTemplate Load(FileSource source, ChatTemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ChatTemplateLimits bounds = limits ?? ChatTemplateLimits.Default;
        return new ChatTemplate(source.Name, ChatTemplateFiles.Templates(source, bounds), ChatTemplateFiles.SpecialTokens(source), bounds);
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="messages">The messages, at least one.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the rendering early.</param>
    /// <exception cref="ArgumentException">There is no message, or the options contradict one another, or a text is no valid Unicode.</exception>
    /// <exception cref="ChatTemplateRaisedException">The template refuses the conversation in its own words.</exception>
    /// <exception cref="ChatTemplateLimitException">The template takes more than it may.</exception>
    /// <exception cref="ChatTemplateException">There is no template to take, the template is faulty or does not fit the conversation, or the last message cannot be continued.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ChatText Render(IReadOnlyList<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatOptions how = options ?? new ChatOptions();
        if (how.ContinueFinalMessage && how.AddGenerationPrompt)
        {
            throw new ArgumentException($"{nameof(ChatOptions.ContinueFinalMessage)} and {nameof(ChatOptions.AddGenerationPrompt)} contradict one another: the first continues the last message, the second begins a new one. Set one of them.", nameof(options));
        }

        if (messages.Count == 0)
        {
            throw new ArgumentException("A conversation has at least one message, and this has none.", nameof(messages));
        }

        JinjaTemplate template = Choose(how);
        var conversation = new ChatConversation();
        (string text, IReadOnlyList<(int Start, int End)> spans) = template.Render(machine => Variables(conversation, messages, how, template.Source, machine), how.Clock, cancellationToken);
        return how.ContinueFinalMessage
            ? new ChatText { Text = conversation.Cut(text), GenerationSpans = [] }
            : new ChatText { Text = text, GenerationSpans = [.. spans.Select(span => new TextRange(span.Start, span.End))] };
    }

    private JinjaTemplate Choose(ChatOptions options)
    {
        if (options.Template is { } wanted)
        {
            return _templates.TryGetValue(wanted, out Lazy<JinjaTemplate>? named) ? named.Value : JinjaTemplate.Parse(wanted, _limits);
        }

        if (options.Tools is not null && _templates.TryGetValue(ToolUse, out Lazy<JinjaTemplate>? withTools))
        {
            return withTools.Value;
        }

        return _templates.TryGetValue(ChatTemplateFiles.Default, out Lazy<JinjaTemplate>? template) ? template.Value : throw new ChatTemplateException(_templates.Count == 0
            ? $"{_place}: This model has no chat template, as models that were not taught to chat. Take one that has, or give a template's text in {nameof(ChatOptions)}.{nameof(ChatOptions.Template)}."
            : $"{_place}: This model has several chat templates and none of them is the default: {Printable.FirstTen(Names)}. Name one in {nameof(ChatOptions)}.{nameof(ChatOptions.Template)}.");
    }

    private IEnumerable<KeyValuePair<string, object?>> Variables(ChatConversation conversation, IReadOnlyList<ChatMessage> messages, ChatOptions options, string template, JinjaMachine machine)
    {
        yield return new("messages", conversation.Values(messages, options, template, machine));
        yield return new("tools", List(options.Tools, machine));
        yield return new("documents", List(options.Documents, machine));
        yield return new("add_generation_prompt", options.AddGenerationPrompt);
        foreach ((string role, string token) in SpecialTokens)
        {
            yield return new(role, token);
        }

        foreach ((string name, JsonElement value) in options.Variables)
        {
            yield return new(name, ChatJson.Value(value, machine));
        }
    }

    private static JinjaList? List(IReadOnlyList<JsonElement>? items, JinjaMachine machine) => items is null ? null : new JinjaList([.. items.Select(item => ChatJson.Value(item, machine))]);
}
