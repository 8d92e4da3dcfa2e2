using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>In which columns instructions are.</summary>
internal enum InstructionForm
{
    /// <summary>A prompt and its completion.</summary>
    Prompt,

    /// <summary>The roles of messages and their contents.</summary>
    Roles,

    /// <summary>A row of JSON.</summary>
    Json,

    /// <summary>A row of JSON with two answers.</summary>
    PairJson,
}

/// <summary>The columns that a model that answers reads and adds.</summary>
internal sealed record InstructionColumns
{
    internal const int AnswerOffset = 0;
    internal const int LogLikelihoodOffset = 1;
    internal const int TokenCountOffset = 2;
    internal const int RightTokenCountOffset = 3;

    /// <summary>What the columns hold.</summary>
    public required InstructionForm Form { get; init; }

    /// <summary>Prompts, roles, or rows of JSON.</summary>
    public required string First { get; init; }

    /// <summary>Completions or contents; null for JSON.</summary>
    public required string? Second { get; init; }

    public required string Answer { get; init; }

    public required string LogLikelihood { get; init; }

    public required string TokenCount { get; init; }

    public required string RightTokenCount { get; init; }

    /// <summary>In front of prompts that are messages; null for none.</summary>
    public required string? SystemPrompt { get; init; }

    /// <summary>Fields of JSON that are passed over.</summary>
    public required IReadOnlyList<string> IgnoredFields { get; init; }

    /// <summary>The columns that are read, for messages.</summary>
    internal string TextColumns => Second is null ? $"column '{First}'" : $"columns '{First}' and '{Second}'";

    /// <summary>Checks the names.</summary>
    /// <param name="more">Further columns that are read.</param>
    /// <exception cref="ArgumentException">A name is blank or used twice.</exception>
    internal void Validate(params IEnumerable<string?> more)
    {
        string[] names = [First, .. new[] { Second }.Concat(more).OfType<string>(), Answer, LogLikelihood, TokenCount, RightTokenCount];
        if (names.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("A column that is read or added has no name.");
        }

        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two of the columns that are read and added are both called '{twice.Key}': give each a name of its own.");
        }
    }

    /// <summary>Checks the columns that are read.</summary>
    /// <param name="context">For errors.</param>
    /// <param name="shape">The columns that are there.</param>
    /// <param name="needsCompletion">Whether completions must be there; else they may.</param>
    internal void Check(IExceptionContext context, SchemaShape shape, bool needsCompletion)
    {
        switch (Form)
        {
            case InstructionForm.Roles:
                InputColumns.CheckTextVector(context, shape, First, "roles");
                InputColumns.CheckTextVector(context, shape, Second!, "contents");
                break;
            case InstructionForm.Prompt:
                InputColumns.CheckText(context, shape, First, "prompt");
                if (needsCompletion || shape.Any(column => column.Name == Second))
                {
                    InputColumns.CheckText(context, shape, Second!, "completion");
                }

                break;
            default:
                InputColumns.CheckText(context, shape, First, "JSON");
                break;
        }
    }

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder)
    {
        builder.AddColumn(Answer, TextDataViewType.Instance);
        builder.AddColumn(LogLikelihood, NumberDataViewType.Single);
        builder.AddColumn(TokenCount, NumberDataViewType.Int32);
        builder.AddColumn(RightTokenCount, NumberDataViewType.Int32);
    }

    /// <summary>Reads a row.</summary>
    /// <param name="first">What the first column holds.</param>
    /// <param name="second">What the second one holds; null where there is none.</param>
    /// <param name="row">Its number, for errors.</param>
    /// <param name="asChat">Whether prompts are messages.</param>
    /// <exception cref="ArgumentException">It cannot be read; the message names the row.</exception>
    internal Instruction Read(string? first, string? second, long row, bool asChat)
    {
        try
        {
            return Form switch
            {
                InstructionForm.Prompt => OfPrompt(first ?? "", second ?? "", asChat),
                InstructionForm.Roles => OfRoles(first!, second!),
                InstructionForm.Json => Instruction.FromJson(Json(first), IgnoredFields),
                _ => PreferencePair.FromJson(Json(first), IgnoredFields).Better(),
            };
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new ArgumentException(FormattableString.Invariant($"Row {row} (from 0) of {TextColumns}: {e.Message}"), e);
        }
    }

    /// <summary>A prompt as messages.</summary>
    internal ChatMessage[] Messages(string prompt) => SystemPrompt is null ? [new("user", prompt)] : [new("system", SystemPrompt), new("user", prompt)];

    internal static JsonElement Json(string? text) => JsonSerializer.Deserialize<JsonElement>(text ?? "");

    private Instruction OfPrompt(string prompt, string completion, bool asChat) => asChat
        ? Instruction.FromPrompt(Messages(prompt), completion.Length == 0 ? [] : [new ChatMessage("assistant", completion)])
        : Instruction.FromPrompt(prompt, completion);

    private static Instruction OfRoles(string first, string second)
    {
        string[] roles = JsonSerializer.Deserialize<string[]>(first)!, contents = JsonSerializer.Deserialize<string[]>(second)!;
        return roles.Length == contents.Length
            ? Instruction.FromMessages([.. roles.Zip(contents, (role, content) => new ChatMessage(role, content))])
            : throw new FormatException(FormattableString.Invariant($"there are {roles.Length} roles but {contents.Length} contents; each message needs both."));
    }
}
